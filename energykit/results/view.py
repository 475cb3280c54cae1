"""How the records of a run look: as text, as HTML, and as a row of a table."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from energykit import html
from energykit.results.text import escape_controls

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.results.attempt import Attempt
    from energykit.results.run import RunResult
    from energykit.results.stage import StageResult
    from energykit.results.transfer import Transfer

__all__ = [
    "byte_text",
    "hex_dump",
    "row_text",
    "run_html",
    "run_text",
    "second_text",
    "stage_html",
    "stage_text",
]

_MINUTE_S = 60.0
_DUMP_BYTES = 256
_NONE = "-"


def row_text(rows: int, first_line: int = 0) -> str:
    """Return a number of rows in words, with the first one's line where that is known (not 0)."""
    line = f", from line {first_line}" if first_line else ""
    return f"{rows:,} {'row' if rows == 1 else 'rows'}{line}"


def second_text(seconds: float) -> str:
    """Return a duration [s] for a person: ``"3.2 ms"``, ``"1.24 s"``, ``"2 min 05 s"``."""
    if not isfinite(seconds):  # said by a service of another library
        return f"{seconds} s"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def byte_text(size: int) -> str:
    """Return a size [byte] for a person: ``"412 bytes"``, ``"1.2 MB"``."""
    if size < 1000:  # SI: 1 kB = 1000 bytes
        return f"{size} bytes"
    value, units = size / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.1f} {units[0]}"


def hex_dump(data: bytes, *, limit: int = _DUMP_BYTES) -> str:
    """Return bytes as offset, hexadecimal and text, 16 a line.

    Parameters
    ----------
    data
        The bytes.
    limit
        At most so many are shown; the rest is counted.
    """
    lines = [
        _dump_line(at, data[at : min(at + 16, limit)]) for at in range(0, min(len(data), limit), 16)
    ]
    rest = [f"… {len(data) - limit} more bytes"] if len(data) > limit else []
    return "\n".join(lines + rest)


def _dump_line(offset: int, data: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)  # printable ASCII
    return f"{offset:04x}  {data.hex(' '):<47}  {text}"


def stage_text(stage: StageResult) -> str:
    """Return a line for a stage; below it why it was run again, several attempts, its error."""
    parts = [f"{html.ICONS[stage.status]} {stage.id}: {stage.status}", *_facts(stage)]
    below = [f"run again: {stage.reason}"] if stage.reason and stage.status != "reused" else []
    below += map(_attempt_text, stage.attempts if len(stage.attempts) > 1 else ())
    below += map(_transfer_text, stage.transfers)
    below += [_indent(str(stage.error))] if stage.error else []
    below += _row_texts(stage)
    below += [f"note: {note}" for note in stage.notes]
    return escape_controls("\n  ".join([" · ".join(parts), *below]))


def _row_texts(stage: StageResult) -> list[str]:
    """Return why rows were left out, and what was done to rows in use, with the first line."""
    if stage.metrics is None or stage.status == "reused":
        return []
    metrics = stage.metrics
    left_out = [
        f"left out: {skip.reason}{_count_text(skip.rows, skip.first_line)}"
        for skip in metrics.skipped
    ]
    changed = [
        f"{change.what}{_count_text(change.rows, change.first_line)}"
        for change in metrics.adjustments
    ]
    return left_out + changed


def _count_text(rows: int, first_line: int) -> str:
    return f" ({row_text(rows, first_line)})" if rows else ""


def _transfer_text(moved: Transfer) -> str:
    how = "was there already" if moved.was_there else f"in {second_text(moved.seconds)}"
    size = byte_text(moved.bytes)
    return f"moved {moved.path} from {moved.source} to {moved.target}: {size} {how}"


def _attempt_text(attempt: Attempt) -> str:
    said = f": {attempt.message}" if attempt.message else ""
    pause = f", then a pause of {second_text(attempt.wait_s)}" if attempt.wait_s else ""
    seconds = second_text(attempt.seconds)
    return f"attempt {attempt.number}: {attempt.status} after {seconds}{_indent(said)}{pause}"


def _facts(stage: StageResult) -> list[str]:
    reads = " + ".join(one.path for one in stage.read) or "no input"
    facts = [f"{reads} → {stage.output_file}"]
    if stage.metrics and (stage.ok or stage.metrics.rows_in or stage.metrics.rows_out):
        facts.append(_rows(stage))
    if stage.attempts:
        facts.append(second_text(stage.seconds))
    if len(stage.attempts) > 1:
        facts.append(f"{len(stage.attempts)} attempts")
    if stage.status == "reused":
        facts.append(f"{stage.reason} (run {stage.reused_from})")
    return facts


def _rows(stage: StageResult) -> str:
    if stage.metrics is None:
        return _NONE
    m = stage.metrics
    skipped = f", {m.rows_skipped:,} skipped" if m.rows_skipped else ""
    return f"{m.rows_in:,} → {m.rows_out:,} rows{skipped}"


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")


def run_text(run: RunResult) -> str:
    """Return the verdict of a run and a line for each stage."""
    lines = [f"{html.ICONS[_verdict(run)]} {run.workflow_name} ({run.run_id}): {_summary(run)}"]
    lines += [f"  {_indent(stage_text(stage))}" for stage in run.stages]
    return "\n".join(lines)


def _verdict(run: RunResult) -> str:
    return "succeeded" if run.ok else "failed" if run.is_finished else "running"


def _summary(run: RunResult) -> str:
    done = sum(stage.ok for stage in run.stages)
    reused = sum(stage.status == "reused" for stage in run.stages)
    state = f", {reused} of them reused" if reused else ""
    state += "" if run.is_finished else ", not finished"
    return f"{done} of {len(run.stages)} stages succeeded in {second_text(run.seconds)}{state}"


def run_html(run: RunResult) -> html.Html:
    """Return a run as a card: its verdict, and a table of its stages."""
    header = ("stage", "status", "rows", "output", "time", "attempts")
    table = html.table(header, [_run_row(stage) for stage in run.stages])
    errors = [
        _error_html(stage) for stage in run.stages if stage.status == "failed" and stage.error
    ]
    reasons = _reasons_html(run)
    kept = html.element("small", "record: ", html.element("code", run.folder)) if run.folder else ""
    title = html.join([html.badge(_verdict(run)), f" {run.workflow_name}: {_summary(run)}"])
    return html.card(title, table, *reasons, *_attempts_of_all(run), *errors, kept)


def _reasons_html(run: RunResult) -> list[html.Html]:
    if not run.resumed_from and not any(stage.reason for stage in run.stages):
        return []
    rows = [(stage.id, _decision(stage), stage.reason) for stage in run.stages if stage.reason]
    about = f"resumes run {run.resumed_from}" if run.resumed_from else "resumes no run"
    return [html.table(("stage", "what was done", "why"), rows, caption=about)]


def _decision(stage: StageResult) -> str:
    return "reused" if stage.status == "reused" else "run again"


def _attempts_of_all(run: RunResult) -> list[html.Html]:
    """Return the attempts of the stages that needed several."""
    several = [stage for stage in run.stages if len(stage.attempts) > 1]
    return [
        html.details(f"{len(stage.attempts)} attempts of {stage.id}", _attempts_html(stage))
        for stage in several
    ]


def _run_row(stage: StageResult) -> tuple[object, ...]:
    names = (stage.output_file, *(path.name for path in stage.also_written))
    output = html.join([html.element("code", name) for name in names], " + ")
    time = second_text(stage.seconds) if stage.attempts else _NONE
    return stage.id, html.badge(stage.status), _rows(stage), output, time, len(stage.attempts)


def _error_html(stage: StageResult) -> html.Html:
    if stage.error is None:
        return html.Html()
    text = html.join([html.element("strong", stage.id), ": ", stage.error.message])
    where = (
        html.element("div", "where: ", html.element("code", stage.error.where))
        if stage.error.where
        else ""
    )
    hint = html.element("div", "→ ", stage.error.hint) if stage.error.hint else ""
    code = html.element("div", "status: ", html.element("code", stage.error.code))
    return html.element(
        "div", html.element("div", text), where, code, hint, style="margin:0.4em 0;"
    )


def stage_html(stage: StageResult) -> html.Html:
    """Return a stage as a card: what it did, its attempts, and the bytes on the wire."""
    title = html.join([html.badge(stage.status), f" {stage.id}"])
    parts: list[object] = [html.element("div", " · ".join(_facts(stage)))]
    if stage.error:
        parts.append(_error_html(stage))
    if stage.metrics and stage.metrics.skipped:
        parts.append(_skipped_html(stage))
    if stage.reason and stage.status != "reused":
        parts.append(html.element("div", "run again: ", stage.reason))
    parts += [html.element("div", _transfer_text(moved)) for moved in stage.transfers]
    parts += [html.element("div", "note: ", note) for note in stage.notes]
    if len(stage.attempts) > 1 or not stage.ok:
        parts.append(_attempts_html(stage))
    if stage.ok and stage.output_path is not None:
        parts.append(_preview_html(stage.output_path))
    parts += [
        _wire_html("request", stage.request_bytes),
        _wire_html("response", stage.response_bytes),
    ]
    return html.card(title, *parts, *_digest_html(stage))


def _preview_html(path: Path) -> html.Html:
    from energykit.results.preview import preview  # reads frames: too heavy for a record

    return preview(path)


def _skipped_html(stage: StageResult) -> html.Html:
    skipped = stage.metrics.skipped if stage.metrics else ()
    rows = [(one.reason, one.rows, one.first_line) for one in skipped]
    return html.table(("skipped because", "rows", "first line"), rows)


def _attempts_html(stage: StageResult) -> html.Html:
    if not stage.attempts:
        return html.Html()
    rows = [
        (a.number, a.address, a.method, a.status, second_text(a.seconds), _pause(a), a.message)
        for a in stage.attempts
    ]
    return html.table(
        ("attempt", "address", "method", "status", "time", "pause after it", "message"), rows
    )


def _pause(attempt: Attempt) -> str:
    return second_text(attempt.wait_s) if attempt.wait_s else _NONE


def _wire_html(name: str, data: bytes) -> html.Html:
    if not data:
        return html.Html()
    dump = html.element(
        "pre", hex_dump(data), style="color:inherit;background:transparent;margin:0.2em 0;"
    )
    return html.details(f"{name}: {byte_text(len(data))} on the wire", dump)


def _digest_html(stage: StageResult) -> list[html.Html]:
    if not stage.output_sha256:
        return []
    return [
        html.element("small", "sha256 of the output: ", html.element("code", stage.output_sha256))
    ]
