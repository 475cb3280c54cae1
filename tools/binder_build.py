"""Build binder/ with the real repo2docker, on a stand-in for the conda that it downloads.

repo2docker finds the files, decides the Python and writes the Dockerfile with every step. Two
things are exchanged, since neither comes from a package index: the base image of Ubuntu, and the
script that downloads conda, in whose place pip installs the same Jupyter packages.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tarfile
import venv
from typing import TYPE_CHECKING

import requests
from containers import ROOT, Failed, output
from hub_checks import check_lessons
from hub_client import Server

if TYPE_CHECKING:
    from pathlib import Path

REPO2DOCKER = "jupyter-repo2docker==2026.4.0"
BASE_IMAGE = "python:3.11-slim-bookworm"
BUILD_S = 1800
"""How long the image may take [s]."""
READY_S = 90
"""How long the server may take until it answers [s]."""
WRITE_CONTEXT = f"""
import shutil, sys
from repo2docker.app import Repo2Docker
class Client:
    def build(self, *, fileobj, **options):
        with open(sys.argv[1], "wb") as file:
            shutil.copyfileobj(fileobj, file)
        return []
pack = next(pack for kind in Repo2Docker().buildpacks if (pack := kind({BASE_IMAGE!r})).detect())
pack.platform = "linux/amd64"
list(pack.build(Client(), "", 0, {{"NB_USER": "jovyan", "NB_UID": "1000"}}, [], {{}}))
print(type(pack).__name__, pack.python_version)
"""
INSTALL_BASE = r"""#!/bin/bash
# Stands in for install-base-env.bash: Jupyter at the versions of repo2docker's lock, without conda.
set -eu
names='ipywidgets|jupyter-offlinenotebook|jupyter-resource-usage|jupyter_server|jupyterlab|notebook'
mkdir -p "$NB_PYTHON_PREFIX" "$NPM_DIR"
python3 -m venv "$NB_PYTHON_PREFIX"
sed -En "s#.*/($names)-([0-9.]+)-.*#\1==\2#p; s#.*/(jupyterhub)-base-([0-9.]+)-.*#\1==\2#p" \
    "$NB_ENVIRONMENT_FILE" > /tmp/base.txt
cat /tmp/base.txt
[ "$(wc -l < /tmp/base.txt)" = 7 ]
"$NB_PYTHON_PREFIX/bin/pip" install --no-cache-dir --requirement /tmp/base.txt
# What a login shell asks conda for: an environment's folder of programs on PATH.
mkdir -p "$CONDA_DIR/bin"
cat > "$CONDA_DIR/bin/mamba" <<'END'
#!/bin/sh
echo 'mamba() { [ "$1" != activate ] || export PATH="$2/bin:$PATH"; }'
END
chmod 0755 "$CONDA_DIR/bin/mamba"
ln -s "$CONDA_DIR/bin/mamba" /usr/local/bin/micromamba
chown -R "$NB_UID:$NB_UID" "$CONDA_DIR" "$NPM_DIR"
"""


def drive_binder(_compose: list[str], folder: Path) -> None:
    """Build binder/, and run lesson 00 in the server of the image as Binder starts it."""
    image = f"energykit/binder-test-{os.getpid()}"
    context = make_context(folder)
    output("docker", "build", "--tag", image, *ARGUMENTS, str(context), timeout=BUILD_S)
    try:
        check_image(image)
    finally:
        output("docker", "rmi", image)


ARGUMENTS = ("--build-arg", "NB_USER=jovyan", "--build-arg", "NB_UID=1000")


def make_context(folder: Path) -> Path:
    """Let repo2docker write what an engine builds, exchange two things, and return its folder."""
    python = make_repo2docker(folder / "repo2docker")
    clone = copy_tree(folder / "clone")
    script, archive = folder / "write_context.py", folder / "context.tar"
    script.write_text(WRITE_CONTEXT, encoding="utf-8")
    done = subprocess.run(
        [str(python), str(script), str(archive)],
        cwd=clone, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"repo2docker refuses the folder binder/:\n{done.stderr[-4000:]}")
    print(f"repo2docker takes it for: {done.stdout.strip()}", flush=True)
    context = folder / "context"
    with tarfile.open(archive) as file:
        file.extractall(context, filter="data")
    exchange(context)
    return context


def make_repo2docker(folder: Path) -> Path:
    """Install repo2docker in an environment of its own, and return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    output(str(python), "-m", "pip", "install", "--quiet", REPO2DOCKER, timeout=BUILD_S)
    return python


def copy_tree(folder: Path) -> Path:
    """Copy what a clone of this tree would hold."""
    listed = output("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def exchange(context: Path) -> None:
    """Put the stand-in where the script is that downloads conda."""
    (script,) = (path for path in context.glob("build_script_files/*") if "install" in path.name)
    script.write_text(INSTALL_BASE, encoding="utf-8")
    script.chmod(0o755)
    recipe = context / "Dockerfile"  # --chmod needs another builder; the modes are set here
    recipe.write_text(recipe.read_text("utf-8").replace("COPY --chmod=0755 ", "COPY "), "utf-8")
    for name in ("python3-login", "repo2docker-entrypoint"):
        (context / name).chmod(0o755)


def check_image(image: str) -> None:
    """Run lesson 00 in the image's server, at the address that a link to Binder opens."""
    token = secrets.token_hex(16)
    start = ("jupyter", "lab", "--ip", "0.0.0.0", f"--IdentityProvider.token={token}")
    container = output("docker", "run", "--detach", "--publish", "127.0.0.1::8888", image, *start)
    try:
        address = output("docker", "port", container, "8888")
        visit(Server(f"http://{address}", token, "a visitor"))
    except (Failed, requests.RequestException) as exc:
        log = output("docker", "exec", container, "tail", "-n", "40", ".jupyter-server-log.txt")
        raise Failed(f"{exc}\nthe server says:\n{log}") from exc
    finally:
        output("docker", "rm", "--force", "--volumes", container)


def visit(server: Server) -> None:
    """Open what a link to Binder opens, and run it."""
    server.await_answer(READY_S)
    opened = server.ask("GET", LINK)
    if not opened.ok:
        raise Failed(f"{LINK} opens with {opened.status_code}")
    check_lessons([server], "lessons/")


LINK = "lab/tree/lessons/notebooks/00-start-here.ipynb"
"""What a link to Binder names as its ``urlpath``."""
