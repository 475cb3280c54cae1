"""What the kit's own stages take: schemas that travel with the kit, so that no service is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StageShape", "shipped_stages"]


@dataclass(frozen=True, kw_only=True)
class StageShape:
    """What a configuration may ask of a stage."""

    schema: Mapping[str, Any]
    """JSON Schema (draft 2020-12) of its parameters."""
    needs_input: bool = False
    """Whether it must be given an input."""
    writes_kit_formats: bool = True
    """Whether every output is in one of the formats that the kit reads."""

    @property
    def parameter_names(self) -> frozenset[str]:
        """Every parameter, of whichever variant."""
        variants = (self.schema, *self.schema.get("oneOf", ()))
        return frozenset(name for one in variants for name in one.get("properties", {}))


@cache
def shipped_stages() -> Mapping[str, StageShape]:
    """Return the kit's own stages, by the name of their service; made by tools/stage_schemas.py."""
    text = Path(__file__).with_name("stages.json").read_text(encoding="utf-8")
    return {
        name: StageShape(schema=entry["parameters"], needs_input=entry["needs_input"])
        for name, entry in json.loads(text).items()
    }
