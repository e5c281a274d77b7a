"""What a connection does with passwords that are not its own: check, set, change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

from ldapom.changes import as_value
from ldapom.dn import as_text
from ldapom.errors import (
    InvalidCredentials,
    LocalProtocolError,
    NoSuchObject,
    Reason,
    ResultCode,
)
from ldapom.protocol._credentials import is_nobody
from ldapom.protocol.credentials import Simple
from ldapom.protocol.flows.passwords import renew
from ldapom.protocol.io.deadline import Deadline
from ldapom.secrets import Secret

if TYPE_CHECKING:
    from ldapom.changes import Value
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.passwords import Way
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.link import Link
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.requests import Name
    from ldapom.protocol.settings import Settings

R = TypeVar("R")

#: A password: text goes as UTF-8.
Password: TypeAlias = "Value | Secret"

#: Reasons that are no more than a wrong password to who asks whether it is right.
_PLAINLY_WRONG = frozenset({Reason.wrong, Reason.no_such_user, Reason.unknown})


class _Connection(Protocol):
    """What these methods need of a connection."""

    settings: Settings
    _bound: Credentials | None
    _policy: PasswordPolicy | None
    _way: tuple[Link, Way] | None

    @classmethod
    def of(cls, settings: Settings) -> Self: ...
    @property
    def password_policy(self) -> PasswordPolicy | None: ...
    def bind(self, credentials: Credentials | None = None) -> None: ...
    def unbind(self) -> None: ...
    def _ready(self, deadline: Deadline, *, sends: bool = False) -> Link: ...
    def _operate(self, flow: Flow[R], link: Link) -> R: ...
    def _renew(
        self, dn: Name, old: Secret | None, new: Secret | None
    ) -> str | None: ...


class Passwords:
    """The methods about passwords; `Connection` has them."""

    _bound: Credentials | None
    _policy: PasswordPolicy | None
    # How the server at the other end of a link takes new passwords.
    _way: tuple[Link, Way] | None = None

    def authenticate(self: _Connection, dn: Name, password: Password) -> bool:
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
            another.bind(who)
            check_let_in(another.password_policy)
        except (InvalidCredentials, NoSuchObject) as error:
            check_plainly_wrong(error)
            return False
        finally:
            another.unbind()
        return True

    def set_password(
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
        return self._renew(dn, None, new)

    def change_password(
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
        return self._renew(dn, old, new)

    def _renew(
        self: _Connection, dn: Name, old: Secret | None, new: Secret | None
    ) -> str | None:
        name = check_renewal(dn, old, new)
        deadline = Deadline(self.settings.timeout)
        link = self._ready(deadline, sends=True)
        link.check_private(f"the password of {name!r}")
        known = self._way[1] if self._way and self._way[0] is link else None
        flow = renew(link.engine, name, old, new, known)
        done = self._operate(flow, link)
        self._way = (link, done.way)
        self._policy = policy_after(self._policy, old)
        known_now = new if done.made is None else Secret(done.made)
        self._bound = identity_after(self._bound, name, known_now)
        return done.made


def as_secret(password: Password) -> Secret:
    """A password that no traceback shows; give it to the same name.

    Raises:
        TypeError: It is neither text nor octets.
        ValueError: It is text with a lone surrogate.
    """
    return password if isinstance(password, Secret) else Secret(as_value(password))


def login(dn: Name, password: Secret) -> Simple | None:
    """The bind that checks a password; None for an empty one, which is never sent.

    Raises:
        LocalProtocolError: There is no name, or a blank one.
    """
    name = as_text(dn)
    if is_nobody(name):
        raise LocalProtocolError("authenticate needs the name of somebody")
    return Simple(name, password.reveal()) if password else None


def check_let_in(policy: PasswordPolicy | None) -> None:
    """Refuse who was let in to change the password, and for nothing else.

    Active Directory refuses such a bind; so whoever asks gets one answer from all.

    Raises:
        InvalidCredentials: With that reason.
    """
    if policy is not None and policy.must_change:
        code = ResultCode.invalidCredentials
        raise InvalidCredentials(code, meaning=Reason.must_change)


def check_plainly_wrong(error: InvalidCredentials | NoSuchObject) -> None:
    """Raise the refusal of a bind again that says more than a wrong password."""
    if isinstance(error, InvalidCredentials) and error.reason not in _PLAINLY_WRONG:
        raise error


def check_renewal(dn: Name, old: Secret | None, new: Secret | None) -> str:
    """The name as it is sent.

    Raises:
        LocalProtocolError: A password is empty; servers would take an empty one for
            "make one up", or for no proof at all.
    """
    name = as_text(dn)
    if any(given is not None and not given for given in (old, new)):
        raise LocalProtocolError(f"a password of {name!r} is empty")
    return name


def policy_after(
    policy: PasswordPolicy | None, old: Secret | None
) -> PasswordPolicy | None:
    """What is still true of the own password once it was changed."""
    changed = policy is not None and policy.must_change and old is not None
    return None if changed else policy


def identity_after(
    bound: Credentials | None, name: str, new: Secret | None
) -> Credentials | None:
    """Who is bound once a password was set: with the new one, if it was the own.

    Whoever binds again as the same would else do it by the old password, and be locked
    out for trying.
    """
    own = isinstance(bound, Simple) and bound.dn.lower() == name.lower()
    return Simple(bound.name, new.reveal()) if own and bound and new else bound
