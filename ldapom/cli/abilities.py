"""What servers offer, what it is good for, and what of it ldapom uses: tables.

A row says both: what happens where the server offers it, and what happens else.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.mapper.entries.increments import MODIFY_INCREMENT
from ldapom.mapper.queries.shape import PAGE_SIZE
from ldapom.protocol import extended
from ldapom.protocol.change_controls import DirSync, PersistentSearch
from ldapom.protocol.controls import PagedResults, ServerSideSort
from ldapom.protocol.extended import ACTIVE_DIRECTORY, LIGHTWEIGHT_DIRECTORY
from ldapom.protocol.list_view import VirtualListView
from ldapom.protocol.password_policy import PasswordPolicyRequest
from ldapom.protocol.sync_controls import SyncRequest
from ldapom.protocol.write_controls import Assertion, PostRead, TreeDelete
from ldapom.schema import oids

if TYPE_CHECKING:
    from ldapom.schema import RootDSE


@frozen
class Ability:
    """Something of ldapom that depends on the server.

    Attributes:
        name: What people call it.
        oid: What the server lists.
        offered: What ldapom does where the server has it.
        missing: What it does else.
        others: What serves as well, where the server lists it instead.
    """

    name: str
    oid: str
    offered: str
    missing: str
    others: tuple[str, ...] = ()

    def listed(self, dse: RootDSE) -> str | None:
        """What the server lists of it; None for nothing."""
        return next(filter(dse.supports, (self.oid, *self.others)), None)


ABILITIES: Final = (
    Ability(
        "Paged results",
        PagedResults.OID,
        f"queries are read in pages of {PAGE_SIZE}, in flat memory",
        "queries come in one piece, as far as the server's limits allow",
    ),
    Ability(
        "Sorting",
        ServerSideSort.OID,
        "order_by() is sorted by the server",
        "order_by() is sorted here, once the last entry has come",
    ),
    Ability(
        "List views",
        VirtualListView.OID,
        "window() and around() show a part of a long list",
        "window() and around() are refused",
    ),
    Ability(
        "Watching",
        SyncRequest.OID,
        "watch() tells what becomes of what a query finds",
        "watch() is refused",
        others=(PersistentSearch.OID, DirSync.OID),
    ),
    Ability(
        "Post-read",
        PostRead.OID,
        "a commit brings back what the server made, at once",
        "what the server makes of a commit is read when asked for",
    ),
    Ability(
        "Assertion",
        Assertion.OID,
        "optimistic=True changes only what nobody else has changed",
        "optimistic=True is refused; single values are safe anyway",
    ),
    Ability(
        "Increment",
        MODIFY_INCREMENT,
        "counters are counted up by the server",
        "counting up is refused; assign the number instead",
    ),
    Ability(
        "Transactions",
        extended.START_TRANSACTION,
        "commit(atomic=True) does all or nothing",
        "commit(atomic=True) is refused",
    ),
    Ability(
        "Tree delete",
        TreeDelete.OID,
        "delete(recursive=True) is one request",
        "delete(recursive=True) deletes entry by entry",
    ),
    Ability(
        "Cancel",
        extended.CANCEL,
        "cancel() ends a search, and the server says so",
        "cancel() abandons a search, which servers do not confirm",
    ),
    Ability(
        "Modify password",
        extended.PASSWORD_MODIFY,
        "change_password() lets the server hash the password",
        "change_password() writes the password's attribute",
    ),
    Ability(
        "Password policy",
        PasswordPolicyRequest.OID,
        "a refused login says why, and warnings come in time",
        "a refused login says what the result code says",
    ),
    Ability(
        "Who am I?",
        extended.WHO_AM_I,
        "who_am_i() says whom the server takes you for",
        "who_am_i() is refused",
    ),
    Ability(
        "StartTLS",
        extended.START_TLS,
        "start_tls=True makes an ldap:// connection private",
        "not listed; start_tls=True may work all the same",
    ),
)


# --- logging in -------------------------------------------------------------------


@frozen
class Mechanism:
    """A SASL mechanism.

    Attributes:
        words: What it is.
        credentials: What to pass to a session; empty where ldapom can not.
        package: What has to be installed for it.
        extra: The extra of ldapom that installs it.
    """

    words: str
    credentials: str = ""
    package: str = ""
    extra: str = ""

    @property
    def remark(self) -> str:
        """What to pass, or why it can not be; and what is not installed here."""
        if not self.credentials:
            return "not by ldapom"
        if self.package and find_spec(self.package) is None:
            return f"{self.credentials}, with ldapom[{self.extra}] installed"
        return self.credentials

    @property
    def is_usable(self) -> bool:
        """Whether ldapom can, here and now."""
        is_there = not self.package or find_spec(self.package) is not None
        return bool(self.credentials) and is_there


_SCRAM: Final = "a password, never sent"

MECHANISMS: Final = {
    "EXTERNAL": Mechanism("the client certificate, or the socket's user", "External()"),
    "GSSAPI": Mechanism("Kerberos", "Kerberos()", "gssapi", "kerberos"),
    "GSS-SPNEGO": Mechanism("Kerberos or NTLM, as Windows does it", "Spnego()"),
    "GS2-KRB5": Mechanism("Kerberos in another frame; use GSSAPI"),
    "GS2-IAKERB": Mechanism("Kerberos by way of the server"),
    "NTLM": Mechanism("a password, never sent", "Ntlm(user, password)"),
    "PLAIN": Mechanism("name and password; wants TLS", "Plain(user, password)"),
    "DIGEST-MD5": Mechanism(
        "a password, never sent; outdated", "DigestMD5(user, password)"
    ),
    "CRAM-MD5": Mechanism("a password, never sent; broken"),
    "LOGIN": Mechanism("name and password; use PLAIN"),
    "ANONYMOUS": Mechanism("nobody", "Anonymous(), without SASL"),
    "OTP": Mechanism("passwords for one use"),
    "SRP": Mechanism("a password, never sent"),
    "OAUTHBEARER": Mechanism("a token of OAuth"),
    "XOAUTH2": Mechanism("a token of OAuth"),
}


def mechanism(name: str) -> Mechanism:
    """Say what a SASL mechanism is; one that nobody knows is not by ldapom."""
    known = MECHANISMS.get(name.upper())
    if known is not None:
        return known
    plain = name.upper().removesuffix("-PLUS")
    if plain in SCRAM:
        bound = ", bound to the TLS around" if plain != name.upper() else ""
        return Mechanism(_SCRAM + bound, f'Scram(..., "{name.upper()}")')
    return Mechanism("unknown here")


#: Those of the family that `Scram` takes.
SCRAM: Final = frozenset(
    f"SCRAM-{name}"
    for name in ("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA3-512")
)


# --- what a server is -------------------------------------------------------------

_LEVELS: Final = {
    "0": "Windows 2000",
    "1": "Windows Server 2003, interim",
    "2": "Windows Server 2003",
    "3": "Windows Server 2008",
    "4": "Windows Server 2008 R2",
    "5": "Windows Server 2012",
    "6": "Windows Server 2012 R2",
    "7": "Windows Server 2016",
    "10": "Windows Server 2025",
}
#: Attributes of the root DSE worth telling, and how.
_FACTS: Final = {
    "dnsHostName": "Host",
    "domainFunctionality": "Domain level",
    "forestFunctionality": "Forest level",
    "domainControllerFunctionality": "Server level",
    "isGlobalCatalogReady": "Global catalog",
    "configurationNamingContext": "Configuration",
    "configContext": "Configuration",
    "monitorContext": "Monitor",
}


def other(dse: RootDSE, name: str) -> tuple[str, ...]:
    """Give the values of an attribute that a root DSE has no field for, as text."""
    values = dse.other.get(name, ())
    return tuple(str(bytes(value), "utf-8", "backslashreplace") for value in values)


def software(dse: RootDSE) -> str:
    """Say what a server is, as far as it tells; empty where it does not."""
    if dse.vendor_name or dse.vendor_version:
        return " ".join(filter(None, (dse.vendor_name, dse.vendor_version)))
    classes = {*other(dse, "objectClass"), *other(dse, "structuralObjectClass")}
    if "OpenLDAProotDSE" in classes:
        return "OpenLDAP"
    if LIGHTWEIGHT_DIRECTORY in other(dse, "supportedCapabilities"):
        return "Active Directory Lightweight Directory Services"
    return "Active Directory" if is_active_directory(dse) else ""


def is_active_directory(dse: RootDSE) -> bool:
    """Whether a server is Active Directory, or speaks like it."""
    return ACTIVE_DIRECTORY in other(dse, "supportedCapabilities")


def product_facts(dse: RootDSE) -> tuple[tuple[str, str], ...]:
    """Tell what a product says of itself beside what all servers say."""
    found = []
    for attribute, label in _FACTS.items():
        for text in other(dse, attribute)[:1]:
            is_level = attribute.endswith("Functionality")
            found.append((label, _LEVELS.get(text, text) if is_level else text))
    return tuple(found)


def named(oid: str) -> tuple[str, str]:
    """Give the name and the source of an OID; empty where nobody knows it."""
    known = oids.find(oid)
    return (known.name, known.source) if known else ("", "")
