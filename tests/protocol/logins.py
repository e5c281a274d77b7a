"""How the tests of passwords log in, and set rules for a while."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.changes import Replace
from ldapom.errors import InvalidCredentials
from ldapom.protocol.credentials import Simple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.errors import Reason
    from ldapom.protocol.connection import Connection
    from tests.servers.targets import Server

PASSWORD: Final = "Pass-1word"
NEW: Final = "Other-2word"


def as_user(server: Server, dn: str, password: str = PASSWORD) -> Connection:
    """Return a connection that ``with`` binds."""
    return server.connection(Simple(dn, password))


def refused(server: Server, dn: str, password: str = PASSWORD) -> InvalidCredentials:
    """Bind and return how that was refused; no secret is in it."""
    connection = as_user(server, dn, password)
    with pytest.raises(InvalidCredentials) as caught, connection:
        pytest.fail("let in")
    assert password not in f"{caught.value} {caught.value!r}"
    assert caught.value.reason.explanation in str(caught.value)
    return caught.value


def reason(server: Server, dn: str, password: str = PASSWORD) -> Reason:
    """Bind and return why that was refused."""
    return refused(server, dn, password).reason


@contextlib.contextmanager
def changed(server: Server, dn: str, values: dict[str, str]) -> Iterator[None]:
    """Hold attributes of an entry at other values for a while, as the administrator."""
    with server.connection() as connection:
        (entry,) = connection.search(dn, scope="base", attributes=list(values))
        before = [
            Replace(name, tuple(entry[name]) if name in entry else ())
            for name in values
        ]
        connection.modify(dn, [Replace(name, value) for name, value in values.items()])
        try:
            yield
        finally:
            connection.modify(dn, before)
