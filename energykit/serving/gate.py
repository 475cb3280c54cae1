"""Who may call a server: the owner of its process over loopback, or who shows a token."""

from __future__ import annotations

import functools
import hmac
import logging
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from energykit.errors import UsageError
from energykit.serving.handler import check_first
from energykit.serving.peers import Address, peer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.config.credentials import SecretReference
    from energykit.serving.peers import PeerLookup

__all__ = ["Gate", "OwnerRule", "RefusedError", "TokenRule", "Tokens"]

logger = logging.getLogger(__name__)

_SILENT_S = 10.0
"""Refusals of one caller within it are counted, not logged one by one [s]."""
_MOST_CALLERS = 1_000
_HEALTH = "/grpc.health.v1.Health/"


class RefusedError(Exception):
    """A caller is refused."""

    def __init__(self, code: grpc.StatusCode, what: str, who: str) -> None:
        super().__init__(what)
        self.code = code
        self.who = who


class OwnerRule:
    """Lets in the user whose process this is, over loopback.

    Parameters
    ----------
    lookup
        Finds a peer's user.
    """

    def __init__(self, lookup: PeerLookup) -> None:
        self._lookup = lookup
        self._owner = os.geteuid()
        self.own_end: Callable[[Address], Address] = lambda peer: peer
        """From the peer's end of a connection to ours; the server sets it when it is bound."""

    def __call__(self, method: str, context: grpc.ServicerContext) -> None:
        """Refuse a caller who is another user.

        Raises
        ------
        RefusedError
            It is another user, or nobody any more.
        """
        peer = peer_of(context.peer())
        user = self._lookup(peer, self.own_end(peer)) if peer else None
        if user != self._owner:
            who = "a caller who is gone" if user is None else f"user {_user_name(user)}"
            what = f"this service serves {_user_name(self._owner)}, who started it, alone"
            raise RefusedError(grpc.StatusCode.PERMISSION_DENIED, what, who)


class Tokens:
    """The bearer tokens that are valid; a file is read again when it has changed.

    Parameters
    ----------
    reference
        Where they are found: in a file, one a line, or in an environment variable.

    Raises
    ------
    energykit.errors.UsageError
        There is no token.
    """

    def __init__(self, reference: SecretReference) -> None:
        self._reference = reference
        self._changed: tuple[int, int] = (0, 0)
        self._valid: tuple[bytes, ...] = ()
        self._refresh()

    def accept(self, token: str) -> bool:
        """Whether a token is valid; how long the answer takes says nothing about the token."""
        self._refresh()
        shown = token.encode()
        matches = [hmac.compare_digest(shown, valid) for valid in self._valid]  # all of them
        return any(matches)

    def _refresh(self) -> None:
        if self._reference.env:
            self._valid = self._valid or self._split(os.environ.get(self._reference.env, ""))
            return
        try:
            status = Path(self._reference.file).stat()
            changed = (status.st_mtime_ns, status.st_ino)
            if changed != self._changed:
                self._valid = self._split(Path(self._reference.file).read_text(encoding="utf-8"))
                self._changed = changed
        except OSError as exc:
            if not self._valid:
                raise UsageError(
                    f"the tokens cannot be read: {exc.strerror}",
                    where=self._reference.file,
                    hint="name a file with one token a line",
                ) from exc
            logger.warning("the tokens cannot be read again: %s", exc.strerror)

    def _split(self, text: str) -> tuple[bytes, ...]:
        tokens = tuple(line.strip().encode() for line in text.splitlines() if line.strip())
        if not tokens:
            where = f"${self._reference.env}" if self._reference.env else self._reference.file
            raise UsageError("there is no token", where=where, hint="write one token a line")
        return tokens


class TokenRule:
    """Lets in whoever shows a valid token; health may be asked without.

    Parameters
    ----------
    tokens
        Those that are valid.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self, method: str, context: grpc.ServicerContext) -> None:
        """Refuse a caller without a valid token.

        Raises
        ------
        RefusedError
            There is no token, or another one.
        """
        if method.startswith(_HEALTH):
            return
        shown = dict(context.invocation_metadata() or ()).get("authorization", "")
        scheme, _, token = str(shown).partition(" ")
        if not token or scheme.lower() != "bearer":
            what = "no token: this service asks for `authorization: Bearer …`"
        elif not self._tokens.accept(token.strip()):
            what = "wrong token: it is not one of those that this service accepts"
        else:
            return
        raise RefusedError(grpc.StatusCode.UNAUTHENTICATED, what, "a caller")


@dataclass
class _Refusals:
    """Refusals of one caller."""

    count: int = 0
    last_logged_s: float = field(default=-_SILENT_S)


class Gate(grpc.ServerInterceptor):
    """Stands before every method of a server.

    Parameters
    ----------
    service
        Name for the log.
    rules
        Each may refuse a call.
    """

    def __init__(
        self, service: str, rules: tuple[Callable[[str, grpc.ServicerContext], None], ...]
    ) -> None:
        self._service = service
        self._rules = rules
        self._refusals: dict[str, _Refusals] = {}
        self._lock = threading.Lock()

    @property
    def refused(self) -> int:
        """Calls that were refused so far."""
        return sum(entry.count for entry in self._refusals.values())

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: Any
    ) -> Any:
        """Return the handler of a call, behind the rules; a method that does not exist as well."""
        handler = continuation(handler_call_details) or _UNKNOWN_METHOD
        return check_first(handler, functools.partial(self._check, handler_call_details.method))

    def _check(self, method: str, context: grpc.ServicerContext) -> None:
        try:
            for rule in self._rules:
                rule(method, context)
        except RefusedError as exc:
            self._count(exc.who, method, context.peer(), str(exc))
            context.abort(exc.code, str(exc))

    def _count(self, who: str, method: str, peer: str, why: str) -> None:
        """Count a refusal, and log it if that caller was not logged just now."""
        with self._lock:
            if len(self._refusals) > _MOST_CALLERS:
                self._refusals.clear()
            entry = self._refusals.setdefault(who, _Refusals())
            entry.count += 1
            is_due = time.monotonic() - entry.last_logged_s >= _SILENT_S
            if is_due:
                entry.last_logged_s = time.monotonic()
        if is_due:
            text = "%s: refused %s from %s at %s (%d so far): %s"
            logger.warning(text, self._service, method, who, peer, entry.count, why)


def _explain_unknown_method(_requests: Any, context: grpc.ServicerContext) -> Any:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")  # the library's own words


_UNKNOWN_METHOD: Any = grpc.stream_stream_rpc_method_handler(_explain_unknown_method)
"""Answers calls of methods that the server does not have: who calls them is asked first, too."""


def _user_name(user: int) -> str:
    """Return a user's number and name."""
    try:
        import pwd

        return f"{user} ({pwd.getpwuid(user).pw_name})"
    except (ImportError, KeyError):
        return str(user)
