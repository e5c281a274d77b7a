"""New passwords: RFC 3062 where it is advertised, Active Directory's way elsewhere.

A password travels in a `Secret` until it is put into a request, which does not show it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.errors import LocalProtocolError, ResultError
from ldapom.protocol.codec.attributes import collect
from ldapom.protocol.extended import (
    ACTIVE_DIRECTORY,
    LIGHTWEIGHT_DIRECTORY,
    PASSWORD_MODIFY,
    PasswordModify,
    generated_password,
)
from ldapom.protocol.flows import update
from ldapom.protocol.flows.search import read_entry
from ldapom.protocol.messages import (
    ModifyChange,
    ModifyOperation,
    ModifyRequest,
    PartialAttribute,
)
from ldapom.protocol.password_policy import ASK

if TYPE_CHECKING:
    from collections.abc import Collection

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.messages import ExtendedRequest
    from ldapom.secrets import Secret


class Way(Enum):
    """How a server takes new passwords."""

    password_modify = "RFC 3062"
    unicode_pwd = "unicodePwd"


def request_for(
    way: Way, dn: str, old: Secret | None, new: Secret | None
) -> ExtendedRequest | ModifyRequest:
    """The request that sets or changes a password.

    Args:
        way: How the server takes it.
        dn: Whose.
        old: The old password; None to set the new one without it.
        new: The new password; None lets the server make one up.

    Raises:
        LocalProtocolError: Active Directory makes up none, or the password is no text.
    """
    if way is Way.unicode_pwd:
        if new is None:
            raise LocalProtocolError(
                "Active Directory makes up no passwords: give a new one"
            )
        return _unicode_pwd(dn, old, new)
    return PasswordModify(
        dn,
        None if old is None else old.reveal(),
        None if new is None else new.reveal(),
    ).request()


def _unicode_pwd(dn: str, old: Secret | None, new: Secret) -> ModifyRequest:
    """[MS-ADTS] 3.1.1.3.1.5: Replace sets it; Delete and Add in one change it."""
    if old is None:
        return ModifyRequest(dn, (_change(ModifyOperation.replace, new),))
    changes = (_change(ModifyOperation.delete, old), _change(ModifyOperation.add, new))
    return ModifyRequest(dn, changes)


def _change(operation: ModifyOperation, password: Secret) -> ModifyChange:
    return ModifyChange(operation, PartialAttribute("unicodePwd", (_quoted(password),)))


def _quoted(password: Secret) -> bytes:
    """A password as ``unicodePwd`` takes it: in quotes, as UTF-16 without a mark."""
    try:
        return b'"\0' + password.reveal().decode().encode("utf-16-le") + b'"\0'
    except UnicodeError:
        pass
    # Raised out here: that error would carry the password.
    raise LocalProtocolError("Active Directory takes passwords that are text: no UTF-8")


def way_of(extensions: Collection[str], capabilities: Collection[str]) -> Way:
    """How a server takes new passwords: RFC 3062 unless it is an Active Directory.

    Args:
        extensions: ``supportedExtension`` of its root DSE.
        capabilities: ``supportedCapabilities`` of its root DSE.
    """
    if PASSWORD_MODIFY in extensions:
        return Way.password_modify
    is_active = not {ACTIVE_DIRECTORY, LIGHTWEIGHT_DIRECTORY}.isdisjoint(capabilities)
    return Way.unicode_pwd if is_active else Way.password_modify


def find_way(engine: Engine) -> Flow[Way]:
    """Ask the root DSE; a server that does not tell is taken to know RFC 3062."""
    names = ("supportedExtension", "supportedCapabilities")
    try:
        entry = yield from read_entry(engine, "", names)
    except ResultError:
        # 389 shows nothing at all to who must change the password first.
        return Way.password_modify
    found = collect(entry.attributes) if entry is not None else {}
    return way_of(
        *([str(v, "latin1") for v in found.get(n.lower(), ())] for n in names)
    )


@frozen
class Renewed:
    """What became of it.

    Attributes:
        way: How the server took it; the next need not ask.
        made: The password that the server made up; None when one was given.
    """

    way: Way
    made: str | None = field(default=None, repr=lambda _: "hidden")


def renew(
    engine: Engine,
    dn: str,
    old: Secret | None,
    new: Secret | None,
    way: Way | None = None,
) -> Flow[Renewed]:
    """Set or change a password.

    Args:
        engine: The connection's.
        dn: Whose.
        old: The old password; None to set the new one without it.
        new: The new password; None lets the server make one up.
        way: How the server takes it; None asks the server.

    Raises:
        ResultError: The server refused; its ``reason`` tells why, where it says so.
        LocalProtocolError: See `request_for`.
        OutcomeUnknown: The request was sent and its answer never came.
    """
    if way is None:
        way = yield from find_way(engine)
    request = request_for(way, dn, old, new)
    if isinstance(request, ModifyRequest):
        yield from update.update(engine, request)
        return Renewed(way)
    response = yield from update.extended(engine, request, ASK)
    made = generated_password(response.value)
    text = None if made is None else made.decode("utf-8", "surrogateescape")
    return Renewed(way, text)
