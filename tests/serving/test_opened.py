"""Paths keep their meaning while a call runs: a folder that is exchanged leads nowhere else."""

from __future__ import annotations

import ctypes
import os
import threading
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from energykit.errors import PathRefusedError
from energykit.serving import DataRoot, stage
from energykit.serving.opened import HOLDS_FOLDERS, held_folder, open_file

pytestmark = pytest.mark.skipif(
    not HOLDS_FOLDERS, reason="only Linux gives an open folder a path; elsewhere names are used"
)
_EXCHANGE = 2
CALLS = int(os.environ.get("ENERGYKIT_EXCHANGES", "300"))
"""5,000 with ``make test-long``."""


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@stage("raw")
def raw(source: Path) -> bytes:
    return source.read_bytes()


@contextmanager
def exchanging(first: Path, second: Path):
    """Exchange two names again and again."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        pytest.skip("the C library has no renameat2")
    is_over = threading.Event()
    names = os.fsencode(first), os.fsencode(second)

    def exchange() -> None:
        while not is_over.is_set():
            assert rename(-100, names[0], -100, names[1], _EXCHANGE) == 0

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def outside(data_root, tmp_path):
    """A folder in the root, and a link in it that leads out to another."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (data_root / "real").mkdir()
    (data_root / "link").symlink_to(folder)
    for path in (data_root / "real", folder):
        (path / "in.csv").write_bytes((data_root / "in.csv").read_bytes())
    secret = (folder / "in.csv").read_text().replace("HH-", "SECRET-")
    (folder / "in.csv").write_text(secret)
    return folder


def test_no_call_writes_outside_while_a_folder_is_exchanged(client_of, data_root, outside):
    client, good = client_of(copy), 0
    with exchanging(data_root / "real", data_root / "link"):
        for number in range(CALLS):
            good += client.execute(target=f"/data/real/w{number}.csv").success
    assert [path.name for path in outside.iterdir()] == ["in.csv"]
    assert 0 < good < CALLS


@pytest.mark.parametrize("reader", [copy, raw], ids=["frame", "path"])
def test_no_call_reads_outside_while_a_folder_is_exchanged(client_of, data_root, outside, reader):
    client, good = client_of(reader), 0
    with exchanging(data_root / "real", data_root / "link"):
        for _ in range(CALLS):
            answer = client.execute(source="/data/real/in.csv")
            good += answer.success
            if answer.success:
                assert b"SECRET" not in (data_root / "out.csv").read_bytes()
    assert 0 < good < CALLS


def test_no_call_reads_outside_while_a_file_is_exchanged(client_of, data_root, outside):
    (data_root / "a.csv").write_bytes((data_root / "in.csv").read_bytes())
    (data_root / "b.csv").symlink_to(outside / "in.csv")
    client = client_of(raw)
    with exchanging(data_root / "a.csv", data_root / "b.csv"):
        for _ in range(CALLS):
            if client.execute(source="/data/a.csv").success:
                assert b"SECRET" not in (data_root / "out.csv").read_bytes()


def test_a_system_that_cannot_hold_folders_is_named(client_of, caplog, monkeypatch):
    monkeypatch.setattr("energykit.serving.opened.HOLDS_FOLDERS", False)
    assert client_of(copy).execute().success
    assert any("copy: this system gives an open folder no path" in one for one in caplog.messages)


def test_a_folder_that_became_a_link_is_named(data_root, outside):
    with (
        pytest.raises(PathRefusedError, match="exchanged for a link") as caught,
        held_folder(data_root, Path("link")),
    ):
        pass
    assert caught.value.where == "'/data/link'"


def test_a_file_that_became_a_link_is_named(data_root, outside):
    with pytest.raises(PathRefusedError, match="exchanged for a link"):
        open_file(data_root, Path("link"))


def test_a_pipe_is_refused_and_not_waited_for(data_root):
    os.mkfifo(data_root / "pipe.csv")
    with pytest.raises(PathRefusedError, match="not a plain file"):
        open_file(data_root, Path("pipe.csv"))


def test_links_that_stay_inside_the_root_are_followed(client_of, data_root):
    (data_root / "deep" / "er").mkdir(parents=True)
    (data_root / "short").symlink_to(data_root / "deep" / "er")
    (data_root / "deep" / "er" / "in.csv").symlink_to("../../in.csv")
    answer = client_of(copy).execute(source="/data/short/in.csv", target="/data/short/out.csv")
    assert answer.success, answer.message
    assert (data_root / "deep" / "er" / "out.csv").is_file()


def test_calls_leave_no_file_open_and_no_private_path(client_of, data_root):
    client = client_of(raw)
    client.execute()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        assert client.execute(target="/data/new/out.csv").success
        assert not client.execute(source="/data/none.csv").success
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2


def test_a_data_root_that_is_removed_and_made_again_is_used(client_of, data_root):
    client = client_of(copy)
    text = (data_root / "in.csv").read_bytes()
    data_root.rename(data_root.with_name("gone"))
    DataRoot(data_root)
    (data_root / "in.csv").write_bytes(text)
    assert client.execute().success
