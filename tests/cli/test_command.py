"""The command line as a whole: what is wrong with it is said, and the way out is clear."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import energykit as energykit_package
from energykit.cli import main
from energykit.cli.command import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["chek"], "'chek' is not known; did you mean 'check'?"),
        (["data", "ftch"], "'ftch' is not known; did you mean 'fetch'?"),
        (["run", "p.json", "--lcoal"], "'--lcoal' is not known; did you mean '--local'?"),
        (
            ["run", "p.json", "--dataroot=x"],
            "'--dataroot' is not known; did you mean '--data-root'?",
        ),
        (["check", "p.json", "q.json"], "'q.json' is one argument too many"),
        ([], "the following arguments are required: COMMAND"),
        (["run"], "the following arguments are required: config"),
        (["check"], "there is no configuration to check"),
        (["run", "p.json", "--address", "x"], "'x' is not an address"),
        (["run", "p.json", "--address", "energy-analyzer=nohost"], "is 'nohost', not host:port"),
        (
            ["run", "p.json", "--address", "energy-analyzer=h:99999"],
            "has port 99999, not one from 1 to 65535",
        ),
        (
            ["run", "p.json", "--local", "--address", "energy-analyser=h:1"],
            "did you mean 'energy-analyzer'?",
        ),
        (
            ["run", "p.json", "--data-root", "p.json"],
            "--data-root: 'p.json' is a file, not a folder",
        ),
        (
            ["up", "p.json", "--data-root", "p.json/x"],
            "--data-root: 'p.json' is a file, not a folder",
        ),
        (["data", "fetch", "housheold"], "did you mean 'household'?"),
        (
            ["data", "fetch", "--source", "nowhere"],
            "'nowhere' is neither a known source nor a file",
        ),
        (["proto", "--check", "--protos", "nowhere"], "there is no .proto file"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_a_wrong_command_line_exits_2_and_writes_nothing(
    arguments, text, valid, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(valid, encoding="utf-8")
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert text in err
    assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_what_the_system_refuses_is_named(energykit, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = energykit("proto", "--protos", ROOT / "protos", "--out", "taken")
    assert done.returncode == 1
    assert done.stderr.startswith("taken: ")
    assert "Traceback" not in done.stderr


def test_help_names_the_commands_and_the_exit_codes(energykit):
    done = energykit("--help")
    assert done.returncode == 0
    assert "4 a deadline passed" in done.stdout
    assert re.findall(r"(?m)^    ([a-z]+)\b", done.stdout) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_in_the_module_that_the_table_names(name, capsys):
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: energykit {name}")


def test_every_module_with_a_command_is_in_the_table():
    folder = ROOT / "energykit/cli"
    paths = [*folder.glob("*.py"), *folder.glob("*/__init__.py")]
    adding = {path for path in paths if "def add_parser(commands" in path.read_text("utf-8")}
    names = {path.stem if path.parent == folder else path.parent.name for path in adding}
    assert names == set(COMMANDS.values())


def test_the_version_is_that_of_the_package(energykit):
    assert energykit("--version").stdout == f"energykit {energykit_package.__version__}\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_without_the_signs_is_no_error(encoding, valid, energykit, tmp_path):
    (tmp_path / "p.json").write_text(valid, encoding="utf-8")
    done = energykit("check", "p.json", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "energy-generator ? energy-analyzer" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["check", "p.json"], ["check", "--schema"], ["--help"]], ids=" ".join
)
@pytest.mark.skipif(os.name != "posix", reason="Windows has no broken pipes")
def test_a_reader_that_goes_away_is_no_error(arguments, valid, tmp_path):
    (tmp_path / "p.json").write_text(valid, encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "energykit", *arguments]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        env=buffered,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_stubs_are_compared(capsys, tmp_path, monkeypatch):
    if version("grpcio-tools") != "1.74.0":
        pytest.skip("the stubs are made with grpcio-tools 1.74.0")
    monkeypatch.chdir(ROOT)
    assert main(["proto", "--check"]) == 0
    assert main(["proto", "--check", "--out", str(tmp_path)]) == 1
    assert "energykit proto" in capsys.readouterr().err
    assert main(["proto", "--out", str(tmp_path)]) == 0
    assert main(["proto", "--check", "--out", str(tmp_path)]) == 0


def test_a_data_set_comes_from_a_local_file_only_if_it_is_the_right_one(tmp_path, energykit):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done = energykit("data", "fetch", "household", "--source", "other.csv", "--target", "full")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not list((tmp_path).glob("full/*.csv"))
