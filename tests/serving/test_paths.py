"""Paths of requests: nothing outside the data root is touched."""

import os
import socket

import polars as pl
import pytest

from energykit.errors import PathRefusedError
from energykit.serving import DataRoot, stage


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@pytest.fixture
def root(tmp_path):
    return DataRoot(tmp_path / "data")


@pytest.mark.parametrize(
    ("wire_path", "inside"),
    [
        ("/data/x.csv", "x.csv"),
        ("/data//x.csv", "x.csv"),
        ("/data/./out/x.csv", "out/x.csv"),
        ("x.csv", "x.csv"),
        ("out/x.csv", "out/x.csv"),
        ("/data", "."),
        ("/data/näher/Zähler 1.csv", "näher/Zähler 1.csv"),
        ("/data/a..b.csv", "a..b.csv"),
    ],
)
def test_a_path_inside_the_root_is_resolved(root, wire_path, inside):
    assert root.resolve(wire_path) == root.folder / inside


def test_an_absolute_path_that_is_inside_the_root_is_taken(root):
    assert root.resolve(str(root.folder / "x.csv")) == root.folder / "x.csv"


REFUSED = [
    ("", "the path is empty"),
    ("../x.csv", "holds '..'"),
    ("/data/../etc/passwd", "holds '..'"),
    ("/data/a/../../x.csv", "holds '..'"),
    ("..\\x.csv", "holds '..'"),
    ("/etc/passwd", "outside the data root"),
    ("/database/x.csv", "outside the data root"),
    ("//data/x.csv", "outside the data root"),
    ("C:\\x.csv", "outside the data root"),
    ("\\\\server\\share\\x.csv", "outside the data root"),
    ("/dev/zero", "outside the data root"),
    ("/proc/self/environ", "outside the data root"),
    ("a\0b.csv", "NUL"),
    ("x" * 10_000, "10000 characters"),
    ("/data/" + "x/" * 2_000 + "a", "2003 parts"),
    ("/data/" + "x\\" * 2_000 + "a", "2003 parts"),
    ("/data/" + "x" * 300 + ".csv", "too long"),
]


@pytest.mark.parametrize(
    ("wire_path", "why"), REFUSED, ids=[f"{why}-{path[:12]!r}" for path, why in REFUSED]
)
def test_a_path_outside_is_refused(root, wire_path, why):
    with pytest.raises(PathRefusedError, match="path") as caught:
        root.resolve_output(wire_path)
    assert why in caught.value.what
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wire_path", "why"), REFUSED[1:], ids=[f"{why}-{path[:12]!r}" for path, why in REFUSED[1:]]
)
def test_a_service_answers_invalid_argument_and_touches_nothing(
    client_of, data_root, wire_path, why
):
    client = client_of(copy)
    before = sorted(data_root.parent.rglob("*"))
    for answer in (client.execute(source=wire_path), client.execute(target=wire_path)):
        assert (answer.success, answer.error.code) == (False, "INVALID_ARGUMENT")
        assert why in answer.message
    assert sorted(data_root.parent.rglob("*")) == before


posix = pytest.mark.skipif(
    os.name == "nt", reason="Windows makes links, pipes and sockets otherwise"
)


@posix
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_link_that_leads_out_is_refused(root, tmp_path, is_relative):
    (tmp_path / "outside").mkdir()
    target = "../outside" if is_relative else tmp_path / "outside"
    (root.folder / "link").symlink_to(target)
    with pytest.raises(PathRefusedError, match="through a link"):
        root.resolve("/data/link/x.csv")


@posix
def test_a_link_inside_the_root_is_followed(root):
    (root.folder / "real").mkdir()
    (root.folder / "link").symlink_to("real")
    assert root.resolve("/data/link/x.csv") == root.folder / "real" / "x.csv"


@posix
def test_a_loop_of_links_is_refused(root):
    (root.folder / "a").symlink_to("b")
    (root.folder / "b").symlink_to("a")
    with pytest.raises(PathRefusedError, match="path"):
        root.resolve("/data/a/x.csv")


@posix
def test_a_root_that_is_itself_a_link_is_the_folder_it_leads_to(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "data").symlink_to("real")
    assert DataRoot(tmp_path / "data").resolve("x.csv") == tmp_path / "real" / "x.csv"


@posix
def test_pipes_and_sockets_are_refused(root):
    os.mkfifo(root.folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(".", os.O_RDONLY)
        os.chdir(root.folder)  # a socket's path is at most 108 bytes long
        try:
            listener.bind("socket.csv")
        finally:
            os.fchdir(here)
            os.close(here)
        for name in ("pipe.csv", "socket.csv"):
            with pytest.raises(PathRefusedError, match="not a plain file"):
                root.resolve(name)


def test_an_output_must_not_be_a_folder(root):
    (root.folder / "out").mkdir()
    for name in ("/data", "/data/out", "out/"):
        with pytest.raises(PathRefusedError, match="is a folder"):
            root.resolve_output(name)


def test_messages_name_files_as_requests_do(client_of, data_root):
    (data_root / "in.csv").write_text("nonsense\n")
    answer = client_of(copy).execute()
    assert answer.error.where.startswith("/data/in.csv:1")
    assert str(data_root) not in str(answer)
