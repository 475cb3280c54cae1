"""What `make test-newest` prints before it tests."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("newest", ROOT / "tools" / "newest.py")
newest = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(newest)


def test_pins_are_read_with_their_names_as_indexes_compare_them():
    text = "# note\nPyYAML==6.0.3\njupyter_core==5.9.1\n-e .\n"
    assert newest.read_pins(text) == {"pyyaml": {"6.0.3"}, "jupyter-core": {"5.9.1"}}


def test_a_package_that_is_pinned_for_each_python_differs_from_neither():
    text = 'tools==1.74.0; python_version < "3.14"\ntools==1.78.2; python_version >= "3.14"\n'
    pinned = newest.read_pins(text)
    assert pinned == {"tools": {"1.74.0", "1.78.2"}}
    assert newest.describe_differences(pinned, {"tools": {"1.78.2"}}) == []


def test_what_differs_is_said_old_to_new_and_the_rest_is_not():
    pinned = {"numpy": {"2.4.6"}, "polars": {"2.1.0"}, "gone": {"1"}}
    found = {"numpy": {"2.5.5"}, "polars": {"2.1.0"}, "another": {"3"}}
    assert newest.describe_differences(pinned, found) == ["numpy: 2.4.6 -> 2.5.5"]
