"""Drive the containers on a real engine, as their compose files start them.

    python tools/compose_test.py [plain] [tls] [replicas]

Without a name all three. ``plain``: the shipped configuration gives the three legacy files, and
confinement and limits hold; ``tls``: the same with certificates and a token, and who lacks them is
refused; ``replicas``: three analyzers by ``--scale``, one killed at its work. ``tls`` needs compose
2.24.4; the others also work with `docker-compose` 1. What cannot be run here is SKIPPED, with the
reason, and costs no exit code. The containers get a temporary data folder and a
project name of their own; they are removed at the end, however it ends.
"""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

from compose_checks import (
    CONFIG,
    REPLICA_PORTS,
    check_confinement,
    check_killed_replica,
    check_limits,
    check_sums,
    check_tls,
    run_pipeline,
)
from containers import PORTS, Containers, drive, need_compose, output

from energykit.certificates import issue_certificates

if TYPE_CHECKING:
    from pathlib import Path

BUILD_S = 1200
"""How long the images may take [s]."""


def drive_plain(compose: list[str], folder: Path) -> None:
    """Hold the containers to what the original did, and to their limits."""
    data = make_data(folder)
    with Containers(compose, data) as containers:
        check_confinement(containers)
        print(run_pipeline(CONFIG, data))
        check_sums(data)
        check_limits(containers)


def drive_tls(compose: list[str], folder: Path) -> None:
    """Hold them to certificates and a token."""
    need_compose(compose, "2.24.4", "`!override` in docker-compose.tls.yaml")
    data, certificates = make_data(folder), folder / "certificates"
    issue_certificates(certificates, [*PORTS, "student"])
    (certificates / "ca.key").unlink()
    (certificates / "tokens").write_text(f"{secrets.token_hex(16)}\n", encoding="ascii")
    for path in certificates.iterdir():
        path.chmod(0o644)  # the containers' user is another one; this folder is gone in a minute
    certificates.chmod(0o755)
    variables = {
        "ENERGYKIT_CERTS": str(certificates),
        "ENERGYKIT_SERVER_TOKEN_FILE": "/certs/tokens",
    }
    with Containers(compose, data, "docker-compose.tls.yaml", variables=variables):
        check_tls(certificates, data)


def drive_replicas(compose: list[str], folder: Path) -> None:
    """Hold that a replica may die at its work."""
    data = make_data(folder)
    scale = ("--scale", "energy-analyzer=3")
    with Containers(compose, data, options=scale, variables=REPLICA_PORTS) as containers:
        check_killed_replica(containers, folder, data)


DRIVES = {"plain": drive_plain, "tls": drive_tls, "replicas": drive_replicas}


def make_data(folder: Path) -> Path:
    """Return a folder that the containers' user may write."""
    data = folder / "data"
    data.mkdir()
    data.chmod(0o777)
    folder.chmod(0o755)
    return data


def main(names: list[str]) -> int:
    """Say what was seen."""
    done = "the containers do as the original did"
    return drive(DRIVES, names, prefix="energykit-compose-", done=done, before=build)


def build(compose: list[str]) -> None:
    """Build the images."""
    print("building the images", flush=True)
    output(*compose, "build", timeout=BUILD_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
