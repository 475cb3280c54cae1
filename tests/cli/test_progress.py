"""What a run shows as it goes: bars on a terminal, lines elsewhere."""

import os
import re
import subprocess
import sys
import threading

import pytest

from energykit.cli.progress import StageProgressBars, StageProgressLines
from energykit.executor.event import Progress, StageStarted, Waiting


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX")
def test_on_a_terminal_each_stage_has_a_bar(dummy, chain, tmp_path):
    import pty

    names = ("first-stage", "second-stage")
    name = chain({one: {"progress_steps": 3, "delay_s": 0.6} for one in names})
    where = [f"--address={one}={dummy.addresses['dummy']}" for one in names]
    shown, ours, theirs = [], *pty.openpty()
    reading = threading.Thread(target=read_all, args=(ours, shown), daemon=True)
    reading.start()
    command = [
        sys.executable,
        "-m",
        "energykit",
        "run",
        name,
        "--data-root",
        str(dummy.data_root),
        *where,
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        stderr=theirs,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    reading.join(10)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode())
    assert done.returncode == 0
    for one in names:
        assert re.search(rf"✔ {one} .*succeeded", text)
    assert "pretending 1 steps" in text
    assert b"pretending" not in done.stdout


def read_all(end: int, into: list[bytes]) -> None:
    try:
        while part := os.read(end, 4096):
            into.append(part)
    except OSError:  # Linux: the other end is closed
        pass
    finally:
        os.close(end)


def test_what_a_service_says_is_no_markup(capsys):
    with StageProgressBars() as bars:
        bars.note(StageStarted(id="[bold]a", address="127.0.0.1:1", number=1, total=1))
        bars.note(Progress(id="[bold]a", phase="[/red]", done=3, total=9, unit="rows", seconds=1.0))
    shown = capsys.readouterr().err
    assert "[bold]a" in shown
    assert "[/red] 3 rows" in shown


def test_elsewhere_waiting_is_told_in_lines(capsys):
    with StageProgressLines() as lines:
        lines.note(StageStarted(id="a", address="127.0.0.1:1", number=1, total=2))
        lines.note(
            Waiting(id="a", address="127.0.0.1:1", seconds=1.25, message="nothing listens there")
        )
    assert capsys.readouterr().err.splitlines() == [
        "[1/2] a at 127.0.0.1:1",
        "  nothing listens there, waited 1.2 s so far",
    ]
