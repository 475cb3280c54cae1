"""The kit's own name on an index, and the other project that is also called energykit."""

import subprocess
import sys
from pathlib import Path

import pytest

from energykit import distribution
from energykit.checkup import doctor
from energykit.distribution import Namesake, find_namesake, install_command

ROOT = Path(__file__).resolve().parents[1]


def write_metadata(folder: Path, version: str, *, group: str = "") -> None:
    """Lay down what pip leaves of a distribution called energykit."""
    info = folder / f"energykit-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: energykit\nVersion: {version}\n", encoding="utf-8"
    )
    if group:
        (info / "entry_points.txt").write_text(f"[{group}]\ndummy = services.dummy\n", "utf-8")


@pytest.fixture
def with_energykit_installed(tmp_path, monkeypatch):
    def install(version: str, *, group: str = "") -> None:
        write_metadata(tmp_path, version, group=group)
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


def check_called(name: str):
    return next((check for check in doctor().checks if check.name == name), None)


def test_the_other_project_in_the_environment_is_trouble(with_energykit_installed):
    with_energykit_installed("0.2.0")
    assert find_namesake() == Namesake(version="0.2.0", is_earlier_install=False)
    check = check_called("energykit")
    assert check.verdict == "trouble"
    assert check.text.startswith("another project, energykit 0.2.0 of the package index, is in")
    assert check.hint == f'pip uninstall energykit, then pip install --no-deps -e "{ROOT}"'


def test_an_install_under_the_earlier_name_is_a_note(with_energykit_installed):
    with_energykit_installed("0.1.0", group="energykit.services")
    check = check_called("energykit")
    assert check.verdict == "note"
    assert "also installed under its earlier name, energykit 0.1.0" in check.text


def test_an_imported_stranger_is_trouble(monkeypatch, tmp_path):
    stranger = type(sys)("energykit")
    stranger.__file__ = str(tmp_path / "energykit" / "__init__.py")
    monkeypatch.setitem(sys.modules, "energykit", stranger)
    check = check_called("energykit")
    assert check.verdict == "trouble"
    assert check.text == f"import energykit gives {stranger.__file__}, which is another project's"


def test_the_command_line_names_the_other_project_in_its_place(tmp_path):
    package = tmp_path / "energykit"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '0.2.0'\n", "utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import energykit_course as course"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.exit(course.main())"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first.endswith("__init__.py: this is another project that is also called energykit")
    assert str(tmp_path) in first
    assert second.startswith("  → pip uninstall energykit, then install this one again")


def test_a_package_that_the_command_line_lacks_is_not_taken_for_the_other_project():
    code = "import sys; sys.modules['rich'] = None; import energykit_course as course"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.argv[1:] = ['--version']; sys.exit(course.main())"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "another project" not in done.stderr


def test_files_that_are_not_installed_are_installed_from_their_folder(monkeypatch):
    monkeypatch.setattr(distribution, "DISTRIBUTION", "energykit-course-that-is-not-installed")
    assert install_command("notebooks") == f'pip install -e "{ROOT}[notebooks]"'


@pytest.mark.skipif(
    distribution._find_distribution("energykit-course") is None,
    reason="the kit is not installed as energykit-course: repeat pip install -e .",
)
def test_pip_takes_an_extra_from_an_install_that_no_index_knows():
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*pip, "energykit-course[notebooks]"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Requirement already satisfied: energykit-course[notebooks]" in done.stdout
