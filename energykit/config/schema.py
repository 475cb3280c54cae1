"""The JSON Schema of a configuration, from the same table as the parser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from energykit.config.kind import ADDRESS_SCHEMA
from energykit.config.shape import CONTAINER, ENTRY, PIPELINE, RETRY, TLS, TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.kind import ConfigKey

__all__ = ["schema", "schema_text"]


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) that editors complete a configuration with."""
    container = _object(CONTAINER)
    container["properties"]["retry"] |= _object(RETRY)
    whole = _object(PIPELINE)
    whole["properties"]["service_registry"]["additionalProperties"] = _entry()
    whole["properties"]["containers"]["additionalProperties"] = {"$ref": "#/$defs/container"}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "energykit pipeline",
    }
    return {**head, **whole, "$defs": {"container": container}}


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _entry() -> dict[str, Any]:
    """Return the schema of a registry entry: an address, a list of them, or an object."""
    several = {"type": "array", "items": ADDRESS_SCHEMA, "minItems": 1}
    tls, token = _object(TLS), _object(TOKEN) | {"minProperties": 1, "maxProperties": 1}
    properties = ENTRY | {"tls": ENTRY["tls"] | tls, "token": ENTRY["token"] | token}
    either = [{"required": ["address"]}, {"required": ["addresses"]}]
    entry = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"anyOf": [ADDRESS_SCHEMA, several, entry | {"oneOf": either}]}


def _object(keys: Mapping[str, ConfigKey]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {**key.kind.schema, "description": key.doc} for name, key in keys.items()
        },
        "required": [name for name, key in keys.items() if key.is_required],
        "additionalProperties": False,
    }
