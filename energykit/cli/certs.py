"""``energykit certs``: certificates for services and callers, from a class-room authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "issue certificates for services and callers, from an authority of your own"
    parser = commands.add_parser("certs", help=text, description=text)
    parser.add_argument("folder", help="where the authority and its certificates are kept")
    parser.add_argument("names", nargs="+", metavar="NAME", help="host, service or person")
    days = "how long they are valid (default: %(default)s)"
    parser.add_argument("--days", type=int, default=365, help=days)
    parser.set_defaults(run_command=_issue)


def _issue(given: argparse.Namespace) -> int:
    from energykit.certificates import issue_certificates

    for entry in issue_certificates(given.folder, given.names, days=given.days):
        print(f"{entry.name}: {entry.certificate}, {entry.key}, valid until {entry.ends:%Y-%m-%d}")
    print(f"trusted by whoever has {given.folder}/ca.pem; keep ca.key to yourself")
    return 0
