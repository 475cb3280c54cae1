"""``energykit call``: ask one service once, and show what goes over the wire."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

from energykit.cli.stream import print_json
from energykit.config.shape import address_problem
from energykit.errors import UsageError
from energykit.results.view import byte_text, hex_dump, second_text

if TYPE_CHECKING:
    import argparse

    from energykit.executor import Event
    from energykit.results import StageResult

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "ask one running service once, and show request, response and bytes"
    parser = commands.add_parser("call", help=text, description=text)
    parser.add_argument("address", metavar="HOST:PORT", help="where the service listens")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="PATH",
        help="what it is to read, as the service sees it (/data/...); again for one more",
    )
    parser.add_argument("--output", required=True, metavar="PATH", help="what it is to write")
    parser.add_argument(
        "--parameters",
        default="",
        metavar="JSON",
        help="what is asked beyond the original contract, as a JSON object",
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="deadline (default: 60)"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run_command=_call)


def _call(given: argparse.Namespace) -> int:
    from energykit.executor.single_call import call_service  # imports grpc

    if problem := address_problem(given.address):
        raise UsageError(f"the address {problem}", where="HOST:PORT", hint="write 127.0.0.1:50051")
    if not (given.timeout > 0 and math.isfinite(given.timeout)):
        raise UsageError(
            f"{given.timeout:g} is not a positive number of seconds", where="--timeout"
        )
    stage = call_service(
        given.address,
        inputs=given.input,
        output_file=given.output,
        parameters=_parse_parameters(given.parameters),
        timeout_s=given.timeout,
        on_event=_show_progress,
    )
    if given.json:
        print_json(_as_json(stage))
    else:
        _show(stage)
    return stage.exit_code


def _parse_parameters(text: str) -> dict[str, Any]:
    """Return the parameters in JSON text, none where there is no text."""
    if not text:
        return {}
    hint = """write a JSON object: --parameters '{"rows": 20}'"""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UsageError(f"this is not JSON: {exc}", where="--parameters", hint=hint) from exc
    if not isinstance(value, dict):
        raise UsageError(f"{value!r:.40} is not an object", where="--parameters", hint=hint)
    return value


def _show_progress(event: Event) -> None:
    from energykit.executor import Progress, Waiting  # imports grpc

    if isinstance(event, Progress):
        total = f" of {event.total:,}" if event.total else ""
        print(f"  {event.phase}: {event.done:,}{total} {event.unit}", file=sys.stderr)
    elif isinstance(event, Waiting):
        print(f"  {event.message}; waited {event.seconds:.1f} s so far", file=sys.stderr)


def _show(stage: StageResult) -> None:
    method = stage.attempts[-1].method if stage.attempts else ""
    print(f"request to {stage.address}, {byte_text(len(stage.request_bytes))}:")
    print(_indent(_decode("ExecuteRequest", stage.request_bytes)))
    print(_indent(hex_dump(stage.request_bytes)))
    print(f"response by {method} after {second_text(stage.seconds)}, ", end="")
    print(f"{byte_text(len(stage.response_bytes))}:")
    if stage.response_bytes:
        print(_indent(_decode("ExecuteResponse", stage.response_bytes)))
        print(_indent(hex_dump(stage.response_bytes)))
    print(stage)


def _decode(message: str, data: bytes) -> str:
    """Return a message as protobuf's text format writes it, which escapes control characters."""
    from google.protobuf import text_format

    from energykit._proto import energy_pipeline_pb2 as pb

    return text_format.MessageToString(getattr(pb, message).FromString(data)).rstrip()


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _as_json(stage: StageResult) -> dict[str, Any]:
    from google.protobuf import json_format

    from energykit._proto import energy_pipeline_pb2 as pb

    messages = {
        "request": pb.ExecuteRequest.FromString(stage.request_bytes),
        "response": pb.ExecuteResponse.FromString(stage.response_bytes),
    }
    error = vars(stage.error) if stage.error else None
    return {
        "ok": stage.ok,
        "exit_code": stage.exit_code,
        "address": stage.address,
        "seconds": stage.seconds,
        "request_bytes": stage.request_bytes.hex(),
        "response_bytes": stage.response_bytes.hex(),
        "error": error,
        **{name: json_format.MessageToDict(message) for name, message in messages.items()},
    }
