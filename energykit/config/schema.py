"""The JSON Schema of a configuration, from the same table as the parser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from energykit.config.shape import CONTAINER, PIPELINE, RETRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.shape import Key

__all__ = ["schema", "schema_text"]


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) that editors complete a configuration with."""
    container = _object(CONTAINER)
    container["properties"]["retry"] |= _object(RETRY)
    whole = _object(PIPELINE)
    whole["properties"]["containers"]["additionalProperties"] = {"$ref": "#/$defs/container"}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "energykit pipeline",
    }
    return {**head, **whole, "$defs": {"container": container}}


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {**key.kind.schema, "description": key.doc} for name, key in keys.items()
        },
        "required": [name for name, key in keys.items() if key.is_required],
        "additionalProperties": False,
    }
