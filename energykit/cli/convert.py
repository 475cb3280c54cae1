"""``energykit convert``: configurations, blueprints, and the original's older form."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts.atomic import replace_file
from energykit.cli.stream import print_json
from energykit.config import load_config, parse_config
from energykit.config.blueprint import blueprint_of, config_of_blueprint, docker_info_of
from energykit.config.migration import migrate_list_form, to_list_form
from energykit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from energykit.config import PipelineConfig

__all__ = ["add_parser"]

_FORMS = ("config", "blueprint", "acumos", "list")


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = (
        "convert a blueprint.json (with its dockerinfo.json), an older configuration with a list of"
        " containers, or a configuration into another of these forms"
    )
    parser = commands.add_parser("convert", help=text, description=text)
    parser.add_argument("file", help="what is converted; its form is recognised")
    parser.add_argument(
        "--to",
        choices=_FORMS,
        default="config",
        help="config (default); blueprint: pipeline-topology/v2; acumos: its dialect with"
        " input_ports; list: the original's older form",
    )
    parser.add_argument(
        "--dockerinfo",
        metavar="FILE",
        help="addresses (default: dockerinfo.json beside a blueprint)",
    )
    parser.add_argument(
        "--out", metavar="PATH", help="a file; a folder for blueprint and acumos (default: print)"
    )
    parser.set_defaults(run_command=_convert)


def _convert(given: argparse.Namespace) -> int:
    config, notes = _read(given)
    texts, more = _WRITERS[given.to](config)
    for note in notes + more:
        print(note, file=sys.stderr)
    if given.out is None:
        print_json(texts if len(texts) > 1 else next(iter(texts.values())))
    else:
        _write(texts, Path(given.out))
    return 0


def _read(given: argparse.Namespace) -> tuple[PipelineConfig, list[str]]:
    """Return what a file says as a checked configuration, and what did not carry over."""
    plain = _content(Path(given.file))
    if "nodes" in plain:
        beside = Path(given.file).with_name("dockerinfo.json")
        path = Path(given.dockerinfo) if given.dockerinfo else beside
        is_there = given.dockerinfo or beside.is_file()
        text, notes = config_of_blueprint(plain, _content(path) if is_there else None)
        return parse_config(json.dumps(text, indent=2), file=f"{given.file} (converted)"), notes
    if isinstance(plain.get("containers"), list):
        try:
            text = migrate_list_form(plain)
        except (AttributeError, IndexError, KeyError, TypeError) as exc:
            what, hint = (
                f"the older form lacks {exc}",
                "each container has an id and an output_file",
            )
            raise UsageError(what, where=given.file, hint=hint) from exc
        notes = ["addresses are made up from port 50051 on"]
        return parse_config(json.dumps(text, indent=2), file=f"{given.file} (converted)"), notes
    return load_config(given.file), []


def _content(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise UsageError(f"cannot be read: {exc.strerror}", where=str(path)) from exc
    except (ValueError, RecursionError) as exc:
        raise UsageError(f"is not JSON: {exc}", where=str(path)) from exc
    if not isinstance(plain, dict):
        raise UsageError("is not a JSON object", where=str(path), hint="start with {")
    return plain


def _as_config(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    from energykit.config import config_as_json

    return {"pipeline.json": config_as_json(config)}, []


def _as_blueprint(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    addresses, notes = docker_info_of(config)
    blueprint = blueprint_of(config, date=_today())
    return {"blueprint.json": blueprint, "dockerinfo.json": addresses}, notes


def _as_acumos(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    addresses, notes = docker_info_of(config)
    blueprint = blueprint_of(config, dialect="acumos", date=_today())
    return {"blueprint.json": blueprint, "dockerinfo.json": addresses}, notes


def _as_list(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    plain, notes = to_list_form(config)
    return {"pipeline.json": plain}, notes


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


_WRITERS: dict[str, Callable[[PipelineConfig], tuple[dict[str, Any], list[str]]]] = {
    "acumos": _as_acumos,
    "blueprint": _as_blueprint,
    "config": _as_config,
    "list": _as_list,
}


def _write(texts: dict[str, Any], out: Path) -> None:
    """Write one file, or several into a folder; what is there already stays."""
    paths = {out / name if len(texts) > 1 else out: plain for name, plain in texts.items()}
    for path in paths:
        if path.exists():
            raise UsageError("exists already", where=str(path), hint="choose another --out")
    for path, plain in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(plain, indent=2, ensure_ascii=False)
        with replace_file(path) as file:  # a link that leads to nothing is not written through
            file.write(f"{text}\n".encode())
        print(path)
