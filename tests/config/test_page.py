"""The page about configurations shows what is valid, and names every key."""

import json
import re
from pathlib import Path

from energykit.config import parse_config, shipped_stages
from energykit.config.shape import CONTAINER, ENTRY, PIPELINE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_the_examples_are_valid_and_warn_of_nothing():
    whole, entry = BLOCKS
    assert parse_config(json.dumps(whole), stages=shipped_stages()).warnings == ()
    whole["service_registry"]["energy-analyzer"] = entry
    config = parse_config(json.dumps(whole), stages=shipped_stages())
    assert config.credentials["energy-analyzer"].token.env == "METERS_TOKEN"


def test_every_key_beyond_the_original_is_shown():
    for key in ({*PIPELINE} - {"$schema"}) | ({*CONTAINER} - {"timeout_seconds", "retry"}):
        assert f'"{key}"' in PAGE, f"docs/configuration.md does not show {key!r}"
    assert {*ENTRY} - {"addresses"} <= {*BLOCKS[1]}
