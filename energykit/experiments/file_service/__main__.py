"""A service that moves files and runs no stage: ``python -m energykit.experiments.file_service``.

A sweep starts it where workers do not see its data root; started by hand, with certificates, it
gives the same to workers on other machines.
"""

from __future__ import annotations

import sys

from energykit.serving import main, stage

__all__ = ["files"]

_TRANSFERS = 64
"""Files moved at once: each worker of a cluster moves one, a piece of it in memory."""


@stage("files")
def files() -> None:
    """Give and take files of the data root; there is nothing to execute."""


if __name__ == "__main__":
    sys.exit(main(files, [*sys.argv[1:], "--transfers", str(_TRANSFERS)]))
