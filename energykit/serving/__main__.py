"""``python -m energykit.serving --check HOST:PORT``: exit 0 if a service is SERVING, 1 if not."""

from __future__ import annotations

import argparse
import sys

from energykit.credentials import credentials_from_environment
from energykit.serving.probe import health_of


def main() -> int:
    """Probe one service and say what it answers."""
    parser = argparse.ArgumentParser(
        prog="python -m energykit.serving", description="Probe the health of a service."
    )
    parser.add_argument(
        "--check", metavar="HOST:PORT", required=True, help="where the service listens"
    )
    parser.add_argument(
        "--service", default="", help="full name of one service (default: the server as a whole)"
    )
    parser.add_argument(
        "--timeout-s", type=float, default=3.0, help="how long to wait [s] (default: %(default)s)"
    )
    options = parser.parse_args()
    health = health_of(
        options.check,
        service=options.service,
        timeout_s=options.timeout_s,
        credentials=credentials_from_environment(),
    )
    sys.stdout.write(f"{options.check}: {health}\n")
    return 0 if health == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main())
