"""Whatever stands in a file: a list of faults, or a valid configuration. Never anything else."""

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit.config import parse_config, shipped_stages
from energykit.config.text import TextError, read_json
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    (ROOT / "config" / name).read_text(encoding="utf-8")
    for name in ("energy-pipeline.json", "household-uci-pipeline.json", "synthetic-pipeline.json")
]
MUTATIONS = int(os.environ.get("ENERGYKIT_MUTATIONS", "3000"))
"""100,000 with ``make test-long``."""
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "null",
    "true",
    "-1",
    "1e999",
    '""',
    "\\u0000",
    "//",
    "\n",
    "é",
    "0" * 400,
]


def mutated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randrange(1, 4)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice([0, 0, 1, 2, 10, 40]))
        other = rng.randrange(len(text) + 1)
        piece = rng.choice(
            [*PIECES, text[other : other + rng.randrange(60)], chr(rng.randrange(1, 0x2FF))]
        )
        text = text[:start] + piece + text[end:]
    return text


def check(text: str) -> None:
    try:
        faults = parse_config(text, file="p.json", stages=shipped_stages()).warnings
    except ConfigError as exc:
        faults = exc.faults or pytest.fail("a refusal without a fault")
    lines = text.split("\n")
    for fault in faults:
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1


def test_random_mutations_of_valid_files():
    rng = random.Random(20260101)
    for _ in range(MUTATIONS):
        check(mutated(rng.choice(FILES), rng))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_the_reader_reads_what_the_standard_library_reads(value):
    text = json.dumps(value)
    assert read_json(text).plain() == json.loads(text)


@given(st.text(alphabet='{}[],:"0123456789.-+eEtrufalsn \n\\', max_size=30))
def test_the_reader_refuses_what_the_standard_library_refuses(text):
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(TextError):
            read_json(text)
    else:
        # an overflow is infinite
        assert read_json(text).plain() == expected or expected != expected


@given(st.sampled_from(["workflow_name", "start_node", "service_registry", "containers"]), JSON)
def test_any_value_at_any_key(key, value):
    check(json.dumps(json.loads(FILES[0]) | {key: value}, indent=1))


@given(
    st.sampled_from(
        ["id", "input_file", "output_file", "next_node", "timeout_seconds", "retry", "parameters"]
    ),
    JSON,
)
def test_any_value_at_any_key_of_a_container(key, value):
    whole = json.loads(FILES[0])
    whole["containers"]["energy-analyzer"][key] = value
    check(json.dumps(whole, indent=1))
