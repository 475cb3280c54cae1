"""What runs leave behind goes by age and number; what is new, held or somebody else's stays."""

import fcntl
import json
import os
import re
import time
from pathlib import Path

import pytest

from energykit.cleaning import find_leftovers, parse_age, remove_leftovers
from energykit.cli import main
from energykit.errors import UsageError
from tests.other_account import STRANGER, needs_two_accounts

DAY_S = 86_400


def age(path: Path, days: float) -> None:
    when = time.time() - days * DAY_S
    os.utime(path, (when, when))


@pytest.fixture
def root(tmp_path):
    """Five runs and three sweeps, one a day old more each; a long log; two temporary files."""
    for number in range(5):
        folder = tmp_path / "runs" / f"run-{number}"
        folder.mkdir(parents=True)
        record = folder / "run.json"
        record.write_text(json.dumps({"is_finished": number != 1}), encoding="utf-8")
        (folder / "report.html").write_text("x" * 1000, encoding="utf-8")
        age(record, number * 10 + 0.5)
    for number in range(3):
        folder = tmp_path / "sweeps" / f"sweep-{number}"
        folder.mkdir(parents=True)
        (folder / "x.csv").write_text("x" * 500, encoding="utf-8")
        age(folder, number * 10 + 0.5)
    (tmp_path / "sweeps" / "mine").mkdir()
    age(tmp_path / "sweeps" / "mine", 99)
    (tmp_path / "runs" / "notes").mkdir()
    age(tmp_path / "runs" / "notes", 99)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "orchestrator.log").write_bytes(
        b"a line of thirty characters ..\n" * 100_000
    )
    (tmp_path / "logs" / "short.log").write_bytes(b"x\n")
    for name in (".e.csv.0.tmp", ".e.csv.e95fc468506c.tmp", ".e.csv.1.tmp", ".mine.tmp"):
        (tmp_path / name).write_bytes(b"x" * 100)
        age(tmp_path / name, 1)
    return tmp_path


def names(leftovers, kind):
    return sorted(one.path.name for one in leftovers if one.kind == kind)


def test_what_is_old_goes_and_the_newest_stay(root):
    found = find_leftovers(root, older_than_s=15 * DAY_S, keep=1)
    assert names(found, "run") == ["run-2", "run-3", "run-4"]
    assert names(found, "sweep") == ["sweep-2"]
    assert find_leftovers(root, older_than_s=15 * DAY_S, keep=4)[0].path.name == "run-4"
    assert names(find_leftovers(root, older_than_s=0, keep=0), "sweep") == [
        "sweep-0",
        "sweep-1",
        "sweep-2",
    ]


def test_a_run_that_may_be_going_on_stays(root):
    record = root / "runs" / "run-1" / "run.json"
    age(record, 0.5)
    assert "run-1" not in names(find_leftovers(root, older_than_s=0, keep=0), "run")
    age(record, 2)
    assert "run-1" in names(find_leftovers(root, older_than_s=0, keep=0), "run")


def test_only_what_the_kit_made_is_found(root):
    found = find_leftovers(root, older_than_s=0, keep=0)
    assert {"mine", "notes", ".mine.tmp", "short.log"} & {one.path.name for one in found} == set()


def test_removing_frees_what_was_said(root):
    found = find_leftovers(root, older_than_s=15 * DAY_S, keep=1)
    before = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    freed = remove_leftovers(found)
    after = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert before - after == pytest.approx(freed, abs=40)  # a log ends at a whole line
    assert sorted(path.name for path in (root / "runs").iterdir()) == ["notes", "run-0", "run-1"]
    assert (root / "sweeps" / "mine").is_dir()


def test_a_long_log_keeps_its_last_lines_and_its_writer(root):
    log = root / "logs" / "orchestrator.log"
    with log.open("ab", buffering=0) as writer:
        remove_leftovers(find_leftovers(root, older_than_s=0, keep=99, log_bytes=2_000_000))
        writer.write(b"and on\n")
    lines = log.read_bytes().splitlines()
    assert (lines[0], lines[-1]) == (b"a line of thirty characters ..", b"and on")
    assert 990_000 < log.stat().st_size < 1_000_100


def test_the_file_of_a_living_writer_stays(root):
    with (root / ".e.csv.1.tmp").open("r+b") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        found = names(find_leftovers(root, older_than_s=0), "temporary")
    assert found == [".e.csv.0.tmp", ".e.csv.e95fc468506c.tmp"]


def test_a_temporary_file_that_was_made_just_now_stays(root):
    (root / ".new.csv.0.tmp").touch()
    assert ".new.csv.0.tmp" not in names(find_leftovers(root, older_than_s=0), "temporary")


def test_nothing_behind_a_link_is_touched(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "run.json").write_text("{}", encoding="utf-8")
    (root / "runs" / "linked").symlink_to(outside)
    (root / "runs" / "run-4" / "linked").symlink_to(outside)
    (root / ".linked.csv.0.tmp").symlink_to(outside / "run.json")
    remove_leftovers(find_leftovers(root, older_than_s=0, keep=0))
    assert (outside / "run.json").is_file()
    assert (root / "runs" / "linked").is_symlink()
    assert not (root / "runs" / "run-4").exists()


def planted(link, folder):
    link.symlink_to(folder)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)


@pytest.fixture
def mine(tmp_path_factory):
    """A folder of this user's, with what would go if it were that of a data root."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "sweep-1").mkdir()
    (folder / "sweep-1" / "run.json").write_text("{}", encoding="utf-8")
    age(folder / "sweep-1" / "run.json", 99)
    age(folder / "sweep-1", 99)
    (folder / "thesis.csv").write_bytes(b"x" * 11_000_000)
    return folder


@needs_two_accounts
@pytest.mark.parametrize("owner", [0, STRANGER], ids=["of our data root", "of their own"])
@pytest.mark.parametrize("name", ["runs", "sweeps", "logs"])
def test_a_link_of_another_account_is_refused(tmp_path, mine, name, owner):
    root = tmp_path / "root"
    root.mkdir()
    planted(root / name, mine)
    os.chown(root, owner, owner)
    with pytest.raises(UsageError, match=f"belongs to user {STRANGER}"):
        find_leftovers(root, older_than_s=0, keep=0)


@pytest.mark.parametrize("name", ["runs", "sweeps", "logs"])
def test_a_link_of_our_own_is_followed(tmp_path, mine, name):
    (tmp_path / name).symlink_to(mine)
    remove_leftovers(find_leftovers(tmp_path, older_than_s=0, keep=0))
    assert (mine / "sweep-1").is_dir() == (name == "logs")
    assert ((mine / "thesis.csv").stat().st_size > 1_000_000) == (name != "logs")


def test_a_data_root_may_be_a_link(root, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "data"
    link.symlink_to(root)
    remove_leftovers(find_leftovers(link, older_than_s=0, keep=0))
    assert not list(root.glob(".e.csv.*"))
    assert not (root / "runs" / "run-4").exists()


@pytest.mark.parametrize("name", ["runs", "sweeps", "logs"])
def test_a_folder_that_is_exchanged_for_a_link_meanwhile_is_not_followed(tmp_path, mine, name):
    root, before = tmp_path / "root", sorted(mine.rglob("*"))
    root.mkdir()
    mine.rename(root / name)
    found = find_leftovers(root, older_than_s=0, keep=0)
    assert found
    (root / name).rename(mine)
    (root / name).symlink_to(mine)
    with pytest.raises(OSError, match=re.escape(name)):
        remove_leftovers(found)
    assert sorted(mine.rglob("*")) == before
    assert (mine / "thesis.csv").stat().st_size == 11_000_000


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 30 * DAY_S), ("12h", 43_200), ("1.5 w", 1.5 * 7 * DAY_S)]
)
def test_an_age_is_a_number_and_a_unit(text, seconds):
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["30", "d", "-1d", "30 days", ""])
def test_what_is_not_an_age_is_named(text):
    with pytest.raises(UsageError, match="is not an age"):
        parse_age(text)


def test_a_dry_run_removes_nothing(root, capsys):
    before = sorted(root.rglob("*"))
    command = ["clean", "--data-root", str(root), "--older-than", "15d", "--keep", "1"]
    assert main([*command, "--dry-run", "--log-size", "2"]) == 0
    out = capsys.readouterr().out
    assert sorted(root.rglob("*")) == before
    assert out.count("run: ") == 3
    assert out.splitlines()[-1].startswith("would free 2.1 MB: 8 entries")
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["removed"]
    assert not (root / "runs" / "run-4").exists()
    assert main(["clean", "--keep", "-1", "--data-root", str(root)]) == 2


def test_an_empty_root_has_nothing_to_clean(tmp_path, capsys):
    assert main(["clean", "--data-root", str(tmp_path / "nowhere")]) == 0
    assert capsys.readouterr().out == "freed 0.0 MB: 0 entries\n"
