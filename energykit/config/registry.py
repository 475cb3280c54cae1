"""The registry of a configuration: addresses of the services, and where credentials are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config.credentials import Credentials, SecretReference, TlsFiles
from energykit.config.kind import address_problem
from energykit.config.shape import ENTRY, TLS, TOKEN
from energykit.config.source import children, elements
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.record import Container
    from energykit.config.source import ConfigSource
    from energykit.config.text import Node

__all__ = ["check_uses", "read_registry", "service_of"]

_ADDRESS_HINT = "write host:port, such as 127.0.0.1:50051"
_REFERENCE_HINT = (
    'write {"env": "VARIABLE"} or {"file": "PATH"}: secrets do not belong in this file'
)


def read_registry(
    node: Node | None, source: ConfigSource
) -> tuple[dict[str, tuple[str, ...]], dict[str, Credentials]]:
    """Return the addresses of each entry, and the credentials of those that name some."""
    addresses: dict[str, tuple[str, ...]] = {}
    credentials: dict[str, Credentials] = {}
    if node is not None:
        source.report_duplicates(node, "service_registry")
    for name, entry in children(node).items():
        if isinstance(entry.value, dict):
            addresses[name], credentials[name] = _entry(name, entry, source)
        else:
            addresses[name] = _addresses(name, entry, source)
    return addresses, {name: one for name, one in credentials.items() if one.tls or one.token}


def _entry(name: str, node: Node, source: ConfigSource) -> tuple[tuple[str, ...], Credentials]:
    """Return what an entry in its object form says."""
    values = children(node)
    source.report_duplicates(node, f"the entry of {name!r}")
    for key in values:
        if key not in ENTRY:
            source.report_unknown(node.keys_at[key], f"the entry of {name!r}", key, ENTRY)
    present = [key for key in ("address", "addresses") if key in values]
    if len(present) != 1:
        what = "both address and addresses" if present else "no address"
        source.report(node.at, f"the entry of {name!r} has {what}", "write address: host:port")
    addresses = _addresses(name, values[present[0]], source) if present else ()
    folder = Path(source.file).parent
    credentials = Credentials(
        tls=_tls(name, values.get("tls"), folder, source),
        token=_token(name, values.get("token"), folder, source),
    )
    return addresses, credentials


def _addresses(name: str, node: Node, source: ConfigSource) -> tuple[str, ...]:
    listed = elements(node)
    if not listed:
        source.report(node.at, f"the address of {name!r} is an empty list", _ADDRESS_HINT)
    for address in listed:
        if problem := address_problem(address.plain()):
            source.report(address.at, f"the address of {name!r} {problem}", _ADDRESS_HINT)
    return tuple(str(address.value) for address in listed)


def _tls(name: str, node: Node | None, folder: Path, source: ConfigSource) -> TlsFiles | None:
    if node is None:
        return None
    values = source.values(node, TLS, f"tls of {name!r}")
    if ("certificate" in values) != ("key" in values):
        have, lack = sorted(("certificate", "key"), key=lambda key: key not in values)
        source.report(node.at, f"tls of {name!r} has a {have} and lacks its {lack}", f"add {lack}")
    files = {key: _beside(folder, values.get(key)) for key in ("ca", "certificate", "key")}
    server = values.get("server_name")
    return TlsFiles(**files, server_name=str(server.value) if server else "")


def _token(
    name: str, node: Node | None, folder: Path, source: ConfigSource
) -> SecretReference | None:
    """Return where a token is found; its text is never repeated in a fault."""
    if node is None:
        return None
    if not isinstance(node.value, dict):
        what = f"token of {name!r} is {node.type_name}, not an object that says where it is found"
        source.report(node.at, what, _REFERENCE_HINT)
        return None
    values = source.values(node, TOKEN, f"token of {name!r}")
    if len(node.value) != 1:
        source.report(node.at, f"token of {name!r} needs either env or file", _REFERENCE_HINT)
    variable = values.get("env")
    return SecretReference(
        env=str(variable.value) if variable else "", file=_beside(folder, values.get("file"))
    )


def _beside(folder: Path, node: Node | None) -> str:
    return str(folder / str(node.value)) if node else ""


def check_uses(
    node: Node | None,
    registry: Mapping[str, Any],
    nodes: Mapping[str, Node],
    containers: Mapping[str, Container | None],
    source: ConfigSource,
) -> None:
    """Report containers whose service has no entry, and warn of entries that nobody uses."""
    if node is None:
        return
    used = {name: service_of(name, nodes[name]) for name in containers}
    for name, service in used.items():
        if service not in registry:
            _report_missing(name, service, nodes[name], registry, source)
    for name in registry:
        if name not in used.values():
            hint = f"{nearest(name, used.values())} (or remove it)".strip()
            what = f"no container uses the service {name!r}"
            source.report(node.keys_at[name], what, hint, is_warning=True)


def service_of(name: str, node: Node) -> str:
    """Return the registry entry that a container asks for, as far as it can be read."""
    service = children(node).get("service")
    return service.value if service and isinstance(service.value, str) else name


def _report_missing(
    name: str, service: str, node: Node, registry: Mapping[str, Any], source: ConfigSource
) -> None:
    if service == name:
        hint = f'add it to service_registry: "{name}": "127.0.0.1:50051"'
        source.report(node.at, f"container {name!r} has no address", hint)
        return
    at = children(node)["service"].at
    what = f"service {service!r} of container {name!r} is not in service_registry"
    source.report(at, what, nearest(service, registry))
