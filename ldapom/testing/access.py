"""Who asks, and what that identity may do.

1. Everybody reads everything but passwords; the admin reads those too.
2. The admin writes; with ``writable_by="anyone"`` everybody does.
3. A name without a password is refused and not taken for anonymous (RFC 4513 5.1.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from ldapom.errors import DNSyntaxError, ResultCode
from ldapom.filters import Equality
from ldapom.secrets import Secret
from ldapom.testing import passwords
from ldapom.testing.accounts import Accounts
from ldapom.testing.checks import refusal
from ldapom.testing.search import candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ldapom.protocol.password_policy import PasswordPolicyResponse
    from ldapom.testing.store import Store
    from ldapom.testing.tree import Entry
    from ldapom.testing.vocabulary import AttributeKind, Key

WritableBy: TypeAlias = Literal["admin", "anyone"]

_PASSWORD = "2.5.4.35"


@frozen
class Identity:
    """An authorization identity; without a name it is anonymous.

    Attributes:
        dn: Its name.
        key: The name as the tree knows it.
        is_admin: Whether it may do everything.
        said: What there is to tell of its password.
    """

    dn: str = ""
    key: Key | None = None
    is_admin: bool = False
    said: PasswordPolicyResponse | None = None

    @property
    def must_change(self) -> bool:
        """Whether it may do nothing but change its password."""
        return self.said is not None and self.said.error is not None


ANONYMOUS = Identity()


@frozen
class Admin:
    """The identity that may do everything; it needs no entry.

    Attributes:
        dn: Its name.
        password: Its password.
    """

    dn: str
    password: bytes = field(repr=lambda _: "hidden")


class Access:
    """Checks passwords and rights.

    Args:
        store: Where entries and their passwords are.
        admin: Who may do everything.
        writable_by: Who else may write.
    """

    def __init__(self, store: Store, admin: Admin, writable_by: WritableBy) -> None:
        if writable_by not in {"admin", "anyone"}:
            raise ValueError(f"writable_by is 'admin' or 'anyone', not {writable_by!r}")
        self._store = store
        self._admin = admin
        self._admin_key = store.vocabulary.dn_key(admin.dn)
        self.writable_by: WritableBy = writable_by
        self.accounts = Accounts(store)
        self._known = {admin.password}
        described = store.vocabulary.describe(_PASSWORD)
        self._password_attribute = described

    @property
    def admin(self) -> Identity:
        """The identity of the admin."""
        return Identity(self._admin.dn, self._admin_key, is_admin=True)

    def simple(self, name: str, password: bytes) -> Identity:
        """The identity of a simple bind (RFC 4513 5.1).

        Raises:
            ResultError: `InvalidCredentials`; `UnwillingToPerform` for a name without a
                password, `InvalidDNSyntax` for a name that is no DN.
        """
        if not name and not password:
            return ANONYMOUS
        key = self._store.read_dn(name)[1]
        if not password:
            raise refusal(
                ResultCode.unwillingToPerform,
                "unauthenticated bind (DN with no password) disallowed",
            )
        if key == self._admin_key and passwords.fits(password, self._admin.password):
            return self.admin
        entry = self._store.tree.find(key)
        if entry is None:
            raise refusal(ResultCode.invalidCredentials)
        fits = self.has_password(entry, password)
        said = self.accounts.judge(entry, fits=fits)
        return Identity(entry.dn, key, is_admin=key == self._admin_key, said=said)

    def plain(self, user: str, password: bytes) -> Identity:
        """The identity of SASL PLAIN; the user is a DN, ``dn:…``, ``u:…`` or a uid.

        Raises:
            InvalidCredentials: There is no such user, or the password is wrong.
        """
        dn = self._user(user.removeprefix("u:").removeprefix("dn:"))
        if dn is None or not password:
            raise refusal(ResultCode.invalidCredentials)
        return self.simple(dn, password)

    def _user(self, name: str) -> str | None:
        store = self._store
        with store.lock:
            wanted = Equality("uid", name.encode("utf-8", "surrogateescape"))
            found = candidates(store.vocabulary, store.tree, wanted) or ()
            if len(found) == 1:
                entry = store.tree.get(next(iter(found)))
                return None if entry is None else entry.dn
        try:
            return name if store.vocabulary.dn_key(name) else None
        except DNSyntaxError:
            return None

    def secret_of(self, name: str) -> tuple[Identity, Secret] | None:
        """Who a name means, and the password in clear, for mechanisms that need it.

        What an entry keeps decides: a value in clear is the password; a hash is one
        where a password fits that was set here before.

        Args:
            name: A DN, ``dn:…``, ``u:…``, a uid, or ``uid@domain``.
        """
        user = name.removeprefix("u:").removeprefix("dn:")
        dn = self._user(user)
        if dn is None and "@" in user:
            dn = self._user(user.rpartition("@")[0])
        if dn is None:
            return None
        key = self._store.vocabulary.dn_key(dn)
        entry = self._store.tree.find(key)
        password = None if entry is None else self._clear_password(entry)
        if entry is not None and password is not None:
            is_admin = key == self._admin_key
            return Identity(entry.dn, key, is_admin=is_admin), password
        if key == self._admin_key:
            return self.admin, Secret(self._admin.password)
        return None

    def _clear_password(self, entry: Entry) -> Secret | None:
        described = self._password_attribute
        for stored in () if described is None else entry.get(described):
            if not stored.startswith(b"{"):
                return Secret(stored)
            for known in self._known:
                if passwords.fits(known, stored):
                    return Secret(known)
        return None

    def know(self, passwords_set: Iterable[bytes]) -> None:
        """Keep passwords in clear, for mechanisms that need them; nothing reads them.

        Args:
            passwords_set: Such as were just set, and are stored as hashes.
        """
        self._known.update(passwords_set)

    @property
    def known(self) -> frozenset[bytes]:
        """The passwords that are kept in clear."""
        return frozenset(self._known)

    def has_password(self, entry: Entry, password: bytes) -> bool:
        """Whether a password is one of an entry's."""
        described = self._password_attribute
        stored = () if described is None else entry.get(described)
        return any(passwords.fits(password, value) for value in stored)

    def hides(self, identity: Identity) -> Callable[[AttributeKind], bool]:
        """What an identity may not see."""
        if identity.is_admin or self._password_attribute is None:
            return lambda _: False
        secret = self._password_attribute.kind
        names = {*secret.names, "pwdHistory"}
        return lambda kind: secret.name in kind.names or kind.name in names

    def check_write(self, identity: Identity) -> None:
        """Refuse who may not write.

        Raises:
            InsufficientAccessRights: Only the admin may.
        """
        if not (identity.is_admin or self.writable_by == "anyone"):
            raise refusal(
                ResultCode.insufficientAccessRights,
                f"only {self._admin.dn} writes here",
            )
