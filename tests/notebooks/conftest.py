"""An environment of its own that has the kit as a wheel, and options of a short run."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from energykit.notebooks import Options

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def foreign_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment that has the wheel, and else what this one has."""
    folder = tmp_path_factory.mktemp("wheel")
    for package in ("build", "hatchling", "pip"):
        pytest.importorskip(
            package, reason=f"{package} is not installed: no wheel can be built without the network"
        )
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(ROOT),
    ]
    done = subprocess.run(build, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = next(path for path in folder.glob("venv/*/python*") if path.stem == "python")
    site = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    target = subprocess.run(
        site, capture_output=True, text=True, timeout=30, check=True
    ).stdout.strip()
    offline = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    install = [sys.executable, "-m", "pip", "install", *offline, "--target", target, str(wheel)]
    subprocess.run(install, capture_output=True, timeout=120, check=True)
    here = [path for path in sys.path if path.endswith("site-packages")]
    (Path(target) / "packages-of-the-tests.pth").write_text(
        "\n".join(here) + "\n", encoding="utf-8"
    )
    return str(python)


@pytest.fixture
def options(tmp_path):
    """Options of a run that is over soon, whatever its notebook does."""
    return Options(out=tmp_path / "out", cell_s=2, notebook_s=30)
