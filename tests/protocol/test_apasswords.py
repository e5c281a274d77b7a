"""Passwords over asyncio: what the blocking connection does, without blocking."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import InvalidCredentials, LocalProtocolError, Reason
from ldapom.protocol._apasswords import AsyncPasswords
from ldapom.protocol._passwords import Passwords
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.credentials import Simple
from ldapom.testing import PasswordRules
from tests.testing.asker import ADA, ADMIN

if TYPE_CHECKING:
    from ldapom.testing import Directory

NEW = "Other-2word"


async def test_set_change_check(box: Directory) -> None:
    """The same calls with the same answers."""
    with box.serve() as server:
        async with AsyncConnection(server.url, Simple(ADMIN, "secret")) as admin:
            checks = await asyncio.gather(
                *(admin.authenticate(ADA, word) for word in ("secret", "bad", ""))
            )
            assert checks == [True, False, False]
            assert await admin.set_password(ADA, NEW) is None
            made = await admin.set_password(ADA)
            assert made is not None
            assert await admin.authenticate(ADA, made)
            with pytest.raises(LocalProtocolError, match="is empty"):
                await admin.set_password(ADA, "")
        async with AsyncConnection(server.url, Simple(ADA, made)) as ada:
            assert await ada.change_password(ADA, made, NEW) is None
            with pytest.raises(InvalidCredentials) as caught:
                await ada.change_password(ADA, made, "third")
            assert caught.value.reason is Reason.wrong


async def test_must_change(box: Directory) -> None:
    """A bind that only lets in to change the password is told, and checked as such."""
    box.password_rules = PasswordRules(change_after_reset=True)
    with box.serve() as server:
        async with AsyncConnection(server.url, Simple(ADMIN, "secret")) as admin:
            await admin.set_password(ADA, NEW)
            with pytest.raises(InvalidCredentials) as caught:
                await admin.authenticate(ADA, NEW)
            assert caught.value.reason is Reason.must_change
        async with AsyncConnection(server.url, Simple(ADA, NEW)) as ada:
            assert ada.password_policy is not None
            assert ada.password_policy.must_change
            await ada.change_password(ADA, NEW, "third")
            assert ada.password_policy is None


@pytest.mark.parametrize("name", ["authenticate", "set_password", "change_password"])
def test_twins(name: str) -> None:
    """Same parameters, same words."""
    one, other = getattr(Passwords, name), getattr(AsyncPasswords, name)
    assert inspect.signature(one) == inspect.signature(other)
    assert one.__doc__ == other.__doc__
