"""What an asyncio connection does with passwords that are not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from ldapom.errors import InvalidCredentials, NoSuchObject
from ldapom.protocol._passwords import (
    Password,
    as_secret,
    check_let_in,
    check_plainly_wrong,
    check_renewal,
    identity_after,
    login,
    policy_after,
)
from ldapom.protocol.flows.passwords import renew
from ldapom.protocol.io.deadline import Deadline
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from ldapom.protocol.alink import AsyncLink
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.passwords import Way
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.requests import Name
    from ldapom.protocol.settings import Settings

R = TypeVar("R")


class _Connection(Protocol):
    """What these methods need of a connection."""

    settings: Settings
    _bound: Credentials | None
    _policy: PasswordPolicy | None
    _way: tuple[AsyncLink, Way] | None

    @classmethod
    def of(cls, settings: Settings) -> Self: ...
    @property
    def password_policy(self) -> PasswordPolicy | None: ...
    async def bind(self, credentials: Credentials | None = None) -> None: ...
    async def unbind(self) -> None: ...
    async def _ready(self, deadline: Deadline, *, sends: bool = False) -> AsyncLink: ...
    async def _operate(self, flow: Flow[R], link: AsyncLink) -> R: ...
    async def _renew(
        self, dn: Name, old: Secret | None, new: Secret | None
    ) -> str | None: ...


class AsyncPasswords:
    """The methods about passwords; `AsyncConnection` has them."""

    _bound: Credentials | None
    _policy: PasswordPolicy | None
    # How the server at the other end of a link takes new passwords.
    _way: tuple[AsyncLink, Way] | None = None

    async def authenticate(self: _Connection, dn: Name, password: Password) -> bool:
        r"""Check somebody's password, on a connection of its own.

        This connection stays who it is; it need not be open.

        Args:
            dn: The DN; Active Directory also takes ``user@domain`` and
                ``DOMAIN\user``.
            password: Text (sent as UTF-8) or octets.

        Returns:
            Whether the server lets this user in. False for a wrong password, an
            unknown user, and an empty password, which is never sent: servers answer
            success to it (RFC 4513 5.1.2).

        Raises:
            InvalidCredentials: The user is not let in for another ``reason`` than a
                wrong password: expired, must_change, locked, disabled and their like.
            TransportError: The server can not be reached.
            LocalProtocolError: There is no name, or the password would travel in clear.
        """
        password = as_secret(password)
        who = login(dn, password)
        if who is None:
            return False
        another = self.of(self.settings)
        try:
            await another.bind(who)
            check_let_in(another.password_policy)
        except (InvalidCredentials, NoSuchObject) as error:
            check_plainly_wrong(error)
            return False
        finally:
            await another.unbind()
        return True

    async def set_password(
        self: _Connection, dn: Name, new: Password | None = None
    ) -> str | None:
        """Give somebody a new password, as an administrator.

        RFC 3062 where the server advertises it, ``unicodePwd`` in Active Directory.

        Args:
            dn: Whose.
            new: Text (sent as UTF-8) or octets; None lets the server make one up.

        Returns:
            The password that the server made up; None when one was given.

        Raises:
            ResultError: The server refused; ``reason`` tells what is wrong with the
                new password, where the server does.
            LocalProtocolError: The password would travel in clear, or is empty.
            OutcomeUnknown: The request was sent and its answer never came.
        """
        new = None if new is None else as_secret(new)
        return await self._renew(dn, None, new)

    async def change_password(
        self: _Connection, dn: Name, old: Password, new: Password | None = None
    ) -> str | None:
        """Change a password by proving that the old one is known.

        RFC 3062 where the server advertises it, ``unicodePwd`` in Active Directory.
        Most servers want the user to be bound; see also `set_password`.

        Args:
            dn: Whose.
            old: The password up to now.
            new: The password from now on; None lets the server make one up.

        Returns:
            The password that the server made up; None when one was given.

        Raises:
            InvalidCredentials: The old password is wrong.
            ResultError: The server refused; ``reason`` tells what is wrong with the
                new password, where the server does.
            LocalProtocolError: A password would travel in clear, or is empty.
            OutcomeUnknown: The request was sent and its answer never came.
        """
        old = as_secret(old)
        new = None if new is None else as_secret(new)
        return await self._renew(dn, old, new)

    async def _renew(
        self: _Connection, dn: Name, old: Secret | None, new: Secret | None
    ) -> str | None:
        name = check_renewal(dn, old, new)
        deadline = Deadline(self.settings.timeout)
        link = await self._ready(deadline, sends=True)
        link.check_private(f"the password of {name!r}")
        known = self._way[1] if self._way and self._way[0] is link else None
        flow = renew(link.engine, name, old, new, known)
        done = await self._operate(flow, link)
        self._way = (link, done.way)
        self._policy = policy_after(self._policy, old)
        known_now = new if done.made is None else Secret(done.made)
        self._bound = identity_after(self._bound, name, known_now)
        return done.made
