"""Ways in without an installation: their files agree with the project; see `make hub-test`."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "deploy" / "jupyterhub"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LESSON = "notebooks/00-start-here.ipynb"
needs_a_shell = pytest.mark.skipif(shutil.which("bash") is None, reason="runs scripts of bash")


def run_script(script, *arguments, folder, **variables):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "HOME": str(folder), **variables}
    return subprocess.run(
        [str(script), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_build_sees_everything_that_the_package_is_made_of():
    sent = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = [*wheel["packages"], *wheel["force-include"], "pyproject.toml", "constraints.txt"]
    wanted += [PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]]
    assert [name for name in wanted if not name.startswith(tuple(sent))] == []


def test_an_image_of_a_user_has_the_packages_of_a_notebook_and_of_a_hub(tmp_path):
    for path in (ROOT / "pyproject.toml", HUB / "requirements.py"):
        shutil.copy(path, tmp_path)
    listed = subprocess.run(
        [sys.executable, str(tmp_path / "requirements.py")],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout.splitlines()  # fmt: skip
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(listed) >= {*PROJECT["project"]["dependencies"], *extras["notebooks"]}
    assert [name for name in listed if name.startswith("jupyterhub")]
    assert not [name for name in listed if name.startswith(("energykit", "nodejs"))]


def test_the_hub_is_published_on_loopback_alone_and_confined():
    stanza = yaml.safe_load((HUB / "compose.yaml").read_text(encoding="utf-8"))["services"]["hub"]
    assert stanza["ports"] == ["127.0.0.1:${HUB_PORT:-8000}:8000"]
    assert stanza["cap_drop"] == ["ALL"]
    assert not {"SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN"} & set(stanza["cap_add"])
    assert stanza["security_opt"] == ["no-new-privileges:true"]
    assert stanza["mem_limit"]
    assert stanza["pids_limit"]


def test_only_users_of_the_list_may_log_in(monkeypatch):
    monkeypatch.setenv("HUB_USERS", "kim sam ")
    config = Config()
    text = (HUB / "jupyterhub_config.py").read_text(encoding="utf-8")
    exec(compile(text, "jupyterhub_config.py", "exec"), {"get_config": lambda: config})
    assert config.Authenticator.allowed_users == {"kim", "sam"}
    assert config.Authenticator.admin_users == set()
    assert "allow_all" not in config.Authenticator
    assert config.Spawner.default_url == f"/lab/tree/{LESSON}"


@needs_a_shell
def test_a_hub_without_a_list_of_accounts_says_what_to_mount(tmp_path):
    done = run_script(HUB / "start-hub", folder=tmp_path, ACCOUNTS=str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr == (
        f"start-hub: cannot read {tmp_path / 'none'}: "
        "mount a file with a line NAME:PASSWORD for each user\n"
    )


@needs_a_shell
def test_a_user_gets_one_copy_of_the_course_and_keeps_it(tmp_path):
    (tmp_path / ".lessons.part" / "notebooks").mkdir(parents=True)  # of one that was interrupted
    begun = run_script(HUB / "start-course", "ls", folder=tmp_path)
    assert begun.stdout.split() == ["config", "data", "notebooks"], begun.stderr
    lesson = tmp_path / "lessons" / LESSON
    assert "raise NotImplementedError()" in lesson.read_text(encoding="utf-8")
    lesson.write_text("mine", encoding="utf-8")
    again = run_script(HUB / "start-course", "cat", LESSON, folder=tmp_path)
    assert again.stdout == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lessons"]


@needs_a_shell
def test_a_binder_opens_on_a_blank_copy_of_the_course(tmp_path):
    done = run_script(ROOT / "binder" / "postBuild", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lesson = (tmp_path / "lessons" / LESSON).read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in lesson
    page = (ROOT / "docs" / "how-to" / "run-for-a-class.md").read_text(encoding="utf-8")
    assert f"urlpath=lab/tree/lessons/{LESSON}" in page


def test_a_binder_installs_the_kit_at_the_pinned_versions():
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "-c ../constraints.txt",  # pip takes it from beside this file ...
        "-e .[notebooks]",  # ... and this from where it is called
    ]
    version = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert re.fullmatch(r"python-3\.1[1-4]", version)
    held_back = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()[0]
    assert held_back == "*"  # without binder/, repo2docker would leave out what this leaves out
    assert not (ROOT / "binder" / ".dockerignore").exists()


@pytest.mark.parametrize(
    "name", ["binder/postBuild", "deploy/jupyterhub/start-course", "deploy/jupyterhub/start-hub"]
)
def test_a_script_is_stored_as_one_that_can_be_run(name):
    listed = subprocess.run(
        ["git", "ls-files", "--stage", name],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if not listed.stdout:
        pytest.skip(f"{name} is not in a clone's index here")
    assert listed.stdout.startswith("100755"), f"git update-index --chmod=+x {name}"
