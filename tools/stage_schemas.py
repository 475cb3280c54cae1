"""Write energykit/config/stages.json: the parameters of the kit's stages, by their signatures.

python tools/stage_schemas.py           rewrite the file
python tools/stage_schemas.py --check   say which stages it differs for, and exit 1 where it does

So that a configuration can be checked without starting a service. What a signature cannot say
(which parameters a scenario takes, which units there are, what each detector takes) comes from the
tables that the services themselves use.
"""

from __future__ import annotations

import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.meters import choice, columns, quantity
from energykit.serving.annotations import resolve_annotation
from energykit.serving.definition import Stage
from energykit.serving.parameter_schema import parameters_schema
from energykit.serving.parameters import Parameter
from services.energy_analyzer.detectors import DETECTORS
from services.energy_generator.anomalies import KINDS
from services.energy_generator.scenario import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "energykit/config/stages.json"
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


def stages() -> dict[str, Any]:
    """Return what a configuration may ask of each of the kit's stages, by name."""
    found = [
        value
        for name in SERVICES
        for value in vars(import_module(f"services.{name}.__main__")).values()
        if isinstance(value, Stage)
    ]
    return {stage.name: stage_entry(stage) for stage in found}


def stage_entry(stage: Stage) -> dict[str, Any]:
    """Return whether a stage needs an input, and the schema of its parameters."""
    schema = parameters_schema(stage.understood)
    schema = _REFINED.get(stage.name, lambda same: same)(schema)
    return {"needs_input": stage.needs_input, "parameters": schema}


def by_scenario(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the generator's schema with the parameters of each scenario apart."""
    properties = schema["properties"]
    properties["units"] = object_of(
        {name: {"enum": list(units)} for name, units in quantity.UNITS.items()}
    )
    several = properties["columns"]["anyOf"][0]["additionalProperties"]
    single = {"anyOf": [one for one in several["anyOf"] if one["type"] != "array"]}
    properties["columns"] = object_of(
        {key: several if key in columns.SEVERAL else single for key in columns.KEYS}
    )
    for name, choices in {
        "decimal": choice.DECIMALS,
        "thousands": choice.THOUSANDS,
        "quantity": quantity.Quantity,
        "stamps": choice.STAMPS,
        "layout": choice.LAYOUTS,
    }.items():
        properties[name] = {"enum": [*map(str, choices), None]}
    signs = {"type": "object", "additionalProperties": {"enum": list(choice.SIGNS)}}
    properties["registers"] = {"anyOf": [signs, {"type": "null"}]}
    properties["anomalies"]["anyOf"][0] = object_of({key: {"type": "number"} for key in KINDS})
    variants = [scenario_variant(name, names, properties) for name, names in SCENARIOS.items()]
    return {
        "type": "object",
        "discriminator": {"propertyName": "scenario", "default": "original"},
        "oneOf": variants,
    }


def scenario_variant(
    scenario: str, names: frozenset[str], properties: dict[str, Any]
) -> dict[str, Any]:
    """Return the schema of one scenario."""
    own = {name: schema for name, schema in properties.items() if name in names}
    required = ["scenario"] if scenario != "original" else []
    variant = object_of({"scenario": {"const": scenario}, **own}, required=required)
    return {**variant, "needs_input": True, "rules": "import"} if scenario == "import" else variant


def with_detectors(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the analyzer's schema with every detector's parameters."""
    defined = {name: detector_schema(detector) for name, detector in DETECTORS.items()}
    named = [
        object_of({"name": {"const": name}, **one["properties"]}, required=["name"])
        for name, one in defined.items()
    ]
    choice = {"type": "object", "discriminator": {"propertyName": "name"}, "oneOf": named}
    listed = {"type": "array", "items": {"anyOf": [{"enum": list(DETECTORS)}, choice]}}
    schema["properties"]["detectors"] = {"anyOf": [listed, object_of(defined), {"type": "null"}]}
    return schema


def detector_schema(detector: Callable[..., object]) -> dict[str, Any]:
    """Return the schema of a detector's parameters."""
    keywords = inspect.signature(detector).parameters.values()
    return parameters_schema(
        {
            one.name: Parameter(one.name, resolve_annotation(detector, one), default=one.default)
            for one in keywords
            if one.kind is one.KEYWORD_ONLY
        }
    )


def object_of(properties: dict[str, Any], *, required: list[str] | None = None) -> dict[str, Any]:
    """Return the schema of an object that has these properties and no other."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


_REFINED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "energy-analyzer": with_detectors,
    "energy-generator": by_scenario,
}


def stages_text() -> str:
    """Return the text of the file."""
    return json.dumps(stages(), indent=1, ensure_ascii=False) + "\n"


def differences() -> list[str]:
    """Return a line for each stage that the file has otherwise than its signature."""
    text = TARGET.read_text(encoding="utf-8")
    written, signed = json.loads(text), stages()
    lines = text.splitlines()
    return [
        f"{TARGET.relative_to(ROOT).as_posix()}:{line_of(name, lines)}: {name!r} is not what its "
        "signature says"
        for name in sorted(written.keys() | signed.keys())
        if written.get(name) != signed.get(name)
    ]


def line_of(name: str, lines: list[str]) -> int:
    """Return the line of a stage, the last one where it has none."""
    begin = f' "{name}": '
    return next((at for at, line in enumerate(lines, 1) if line.startswith(begin)), len(lines))


def main(arguments: list[str]) -> int:
    """Write the file, or say what is not up to date."""
    text = stages_text()
    if "--check" in arguments:
        if TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("\n".join(differences()) or f"{TARGET.relative_to(ROOT).as_posix()}:1: its form")
        return 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
