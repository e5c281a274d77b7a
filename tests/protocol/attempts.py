"""A bind and a search by either driver, and what came of it."""

from __future__ import annotations

import asyncio
import time
import warnings
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import frozen

from ldapom.errors import LDAPError
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import DigestMD5, External, Ntlm, Plain, Scram, Simple
from ldapom.protocol.retry import Retry
from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials

BASE: Final = "dc=example,dc=com"
ADA: Final = f"uid=ada,ou=people,{BASE}"
#: What comes of one try is looked at; that another may follow is a story of its own.
ONCE: Final = Retry(attempts=1)


def _digest() -> Credentials:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return DigestMD5("ada", CANARY)


#: Ways to be somebody whose password is the canary.
WAYS: Final[dict[str, Callable[[], Credentials]]] = {
    "Simple": lambda: Simple(ADA, CANARY),
    "EXTERNAL": External,
    "PLAIN": lambda: Plain("ada", CANARY),
    "DIGEST-MD5": _digest,
    "SCRAM-SHA-1": lambda: Scram("ada", CANARY, "SCRAM-SHA-1"),
    "SCRAM-SHA-256": lambda: Scram("ada", CANARY),
    "SCRAM-SHA-512": lambda: Scram("ada", CANARY, "SCRAM-SHA-512"),
    "GSS-SPNEGO": lambda: Ntlm("EXAMPLE\\ada", CANARY),
    "Sicily": lambda: Ntlm("EXAMPLE\\ada", CANARY, sicily=True),
}
#: Those in which the server has something to prove, or to say at least.
TALKING: Final = [name for name in WAYS if name not in {"Simple", "EXTERNAL", "PLAIN"}]
#: Those after which a clear connection is protected.
LAYERED: Final = {
    "DIGEST-MD5": "DIGEST-MD5, signed",
    "GSS-SPNEGO": "NTLM, sealed",
    "Sicily": "NTLM, sealed",
}


@frozen
class Attempt:
    """What came of it.

    Attributes:
        error: What was raised; None when all went well.
        found: How many entries were read.
        is_open: Whether the connection could go on.
        seconds: How long it took.
    """

    error: LDAPError | None
    found: int
    is_open: bool
    seconds: float

    @property
    def said(self) -> str:
        """The error's words, and those of its notes."""
        return "\n".join((str(self.error), *getattr(self.error, "__notes__", ())))


class Driver(Protocol):
    """Binds and searches."""

    def __call__(
        self,
        url: str,
        credentials: Credentials,
        between: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> Attempt:
        """Try it.

        Args:
            url: Where.
            credentials: Who.
            between: Called when the bind is done, before the search.
            options: Of the connection.
        """
        ...


def blocking(
    url: str,
    credentials: Credentials,
    between: Callable[[], None] = lambda: None,
    **options: Any,
) -> Attempt:
    """By `Connection`."""
    connection = Connection(url, credentials, retry=ONCE, **options)
    start, found, error = time.monotonic(), 0, None
    try:
        connection.bind()
        between()
        for _ in connection.search(BASE):
            found += 1
    except LDAPError as raised:
        error = raised
    try:
        took = time.monotonic() - start
        return Attempt(error, found, connection.is_open, took)
    finally:
        connection.close()


async def asynchronous(
    url: str,
    credentials: Credentials,
    between: Callable[[], None] = lambda: None,
    **options: Any,
) -> Attempt:
    """By `AsyncConnection`, for those who have a loop."""
    connection = AsyncConnection(url, credentials, retry=ONCE, **options)
    start, found, error = time.monotonic(), 0, None
    try:
        await connection.bind()
        between()
        async for _ in connection.search(BASE):
            found += 1
    except LDAPError as raised:
        error = raised
    try:
        took = time.monotonic() - start
        return Attempt(error, found, connection.is_open, took)
    finally:
        await connection.close()


def by_asyncio(
    url: str,
    credentials: Credentials,
    between: Callable[[], None] = lambda: None,
    **options: Any,
) -> Attempt:
    """By `AsyncConnection`."""
    return asyncio.run(asynchronous(url, credentials, between, **options))


DRIVERS: Final[dict[str, Driver]] = {"blocking": blocking, "asyncio": by_asyncio}
