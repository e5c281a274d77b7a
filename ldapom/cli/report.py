"""What is found out about a server: at most five questions, answers as plain values.

1. Without credentials nothing is bound: a server that refuses anonymous binds still
   shows its root DSE (RFC 4513 5.1.2).
2. What this identity may not see is left out; only the root DSE has to be there.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.cli import abilities
from ldapom.errors import ResultError, SizeLimitExceeded
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.extended import WHO_AM_I
from ldapom.schema import syntaxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.connection import Connection
    from ldapom.schema import RootDSE

#: Where Active Directory keeps its limits, below its configuration.
_POLICY: Final = (
    "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,"
    "CN=Services,"
)
_LIMITS: Final = "lDAPAdminLimits"
#: Kerberos bears no more, in seconds (RFC 4120 8.2).
_MOST_SKEW: Final = 300


@frozen
class Use:
    """A row of `abilities.ABILITIES`, decided."""

    name: str
    oid: str
    offered: bool
    text: str


@frozen
class Way:
    """A SASL mechanism that the server offers on this connection."""

    name: str
    words: str
    how: str
    is_usable: bool


@frozen
class Offer:
    """Something that the server lists; name and source are empty if nobody knows it."""

    kind: str
    oid: str
    name: str
    source: str


@frozen
class Report:
    """A server in words.

    Attributes:
        url: Where it was asked.
        software: What it is; empty where it does not say.
        facts: What its product says beside, by label.
        protection: How the connection is protected.
        identity: Whom it takes this program for.
        contexts: The suffixes it holds.
        base: Where queries begin that do not say so; empty where that is not clear.
        readable: Whether this identity can read anything there; None if nobody asked.
        schema: Where its schema is.
        versions: Of LDAP.
        alternatives: Other servers with the same content.
        mechanisms: The ways to log in by SASL.
        uses: What ldapom makes of it.
        limits: What it tells of its limits.
        offers: All that it lists.
        hints: What to look after.
    """

    url: str
    software: str
    facts: tuple[tuple[str, str], ...]
    protection: str
    identity: str
    contexts: tuple[str, ...]
    base: str
    readable: bool | None
    schema: str
    versions: tuple[int, ...]
    alternatives: tuple[str, ...]
    mechanisms: tuple[Way, ...]
    uses: tuple[Use, ...]
    limits: tuple[tuple[str, str], ...]
    offers: tuple[Offer, ...]
    hints: tuple[str, ...]


def gather(connection: Connection, *, is_verified: bool = True) -> Report:
    """Ask a server about itself.

    Args:
        connection: Not open yet; it is closed afterwards.
        is_verified: Whether the server's certificate is checked.

    Raises:
        LDAPError: It can not be reached, or refuses the login.
    """
    try:
        if isinstance(connection.settings.credentials, Anonymous):
            connection.open()
        else:
            connection.bind()
        return _Asking(connection, is_verified).report()
    finally:
        connection.unbind()


@frozen
class _Asking:
    """One open connection, and the questions."""

    connection: Connection
    is_verified: bool

    def report(self) -> Report:
        """Put all answers together."""
        dse = self.connection.root_dse
        base = _base(dse)
        readable = self._can_read(base) if base else None
        return Report(
            str(self.connection.settings.url),
            abilities.software(dse),
            abilities.product_facts(dse),
            self._protection(),
            self._identity(dse),
            dse.naming_contexts,
            base,
            readable,
            dse.subschema_subentry or "",
            dse.supported_ldap_versions,
            dse.alt_servers,
            tuple(map(_way, dse.supported_sasl_mechanisms)),
            tuple(_use(row, dse) for row in abilities.ABILITIES),
            tuple(self._limits(dse)),
            tuple(_offers(dse)),
            tuple(self._hints(dse, base, readable=readable)),
        )

    # --- questions ------------------------------------------------------------------

    def _can_read(self, base: str) -> bool:
        """Whether one entry comes back from below the base."""
        found = self.connection.search(base, attributes=["1.1"], size_limit=1)
        try:
            return next(iter(found), None) is not None
        except SizeLimitExceeded:
            return True
        except ResultError:
            return False
        finally:
            found.close()

    def _identity(self, dse: RootDSE) -> str:
        who = "" if self._is_nobody else str(self.connection.settings.credentials)
        if dse.supports(WHO_AM_I) and not self._is_nobody:
            with suppress(ResultError):
                said = self.connection.who_am_i()
                return who if said in {who, f"dn:{who}"} else f"{who}, {said}"
        return who or "nobody (anonymous)"

    def _limits(self, dse: RootDSE) -> Iterator[tuple[str, str]]:
        configuration = abilities.other(dse, "configurationNamingContext")
        if not abilities.is_active_directory(dse) or not configuration:
            return
        with suppress(ResultError):
            place = _POLICY + configuration[0]
            for entry in self.connection.search(
                place, scope="base", attributes=[_LIMITS]
            ):
                for text in sorted(entry.text(_LIMITS)):
                    name, _, value = text.partition("=")
                    yield name, value

    # --- what the connection is -------------------------------------------------------

    @property
    def _is_nobody(self) -> bool:
        return isinstance(self.connection.settings.credentials, Anonymous)

    @property
    def _tls(self) -> str:
        """The version of TLS; empty in clear."""
        link = self.connection._live()
        _, _, said = link.peer.description.partition(", ")
        return said.partition(", ")[0] if link.tls_active else ""

    def _protection(self) -> str:
        link = self.connection._live()
        if self._tls:
            checked = "verified" if self.is_verified else "NOT verified"
            return f"{self._tls}, the server's certificate is {checked}"
        layer = link.engine.layer
        if layer is not None and layer.seals:
            return f"sealed by the login: {layer.description}"
        where = ", but stays on this machine" if link.peer.is_private else ""
        return f"in clear{where}"

    # --- hints ------------------------------------------------------------------------

    def _hints(
        self, dse: RootDSE, base: str, *, readable: bool | None
    ) -> Iterator[str]:
        yield from self._hints_on_tls()
        if not dse.naming_contexts and not dse.supported_ldap_versions:
            yield "The root DSE is empty for you; say who you are with --bind DN."
        elif len(dse.naming_contexts) > 1 and not base:
            yield (
                "There is more than one suffix and no default: name the base of each "
                "model, as in --model 'User=inetOrgPerson@ou=people,dc=example,dc=com'."
            )
        if readable is not None:
            yield from self._hints_on_reading(base, readable=readable)
        skew = _skew(dse)
        if skew is not None and abs(skew) > _MOST_SKEW:
            yield (
                f"Its clock and this machine's are {abs(skew):.0f} seconds apart; "
                f"Kerberos bears {_MOST_SKEW}."
            )

    def _hints_on_tls(self) -> Iterator[str]:
        link = self.connection._live()
        if self._tls:
            if not self.is_verified:
                yield "Nobody checked the certificate: anybody may be in between."
            return
        how = "use --start-tls (start_tls=True in Python) or an ldaps:// URL"
        if link.peer.is_private:
            yield f"Over a network nothing would be private: {how}."
        elif not (link.engine.layer and link.engine.layer.seals):
            yield f"Whoever is on the way can read and change everything: {how}."

    def _hints_on_reading(self, base: str, *, readable: bool) -> Iterator[str]:
        if self._is_nobody and readable:
            yield f"Without a login anybody can read something below {base}."
        elif self._is_nobody:
            yield f"Without a login nothing is seen below {base}: use --bind DN."
        elif not readable:
            yield f"This login sees nothing below {base}."


def _base(dse: RootDSE) -> str:
    """Find where queries begin that do not say so; as `Session` does."""
    if dse.default_naming_context:
        return dse.default_naming_context
    return dse.naming_contexts[0] if len(dse.naming_contexts) == 1 else ""


def _way(name: str) -> Way:
    found = abilities.mechanism(name)
    return Way(name, found.words, found.remark, found.is_usable)


def _use(row: abilities.Ability, dse: RootDSE) -> Use:
    listed = row.listed(dse)
    text = row.missing if listed is None else row.offered
    return Use(row.name, listed or row.oid, listed is not None, text)


def _offers(dse: RootDSE) -> Iterator[Offer]:
    lists = {
        "control": dse.supported_controls,
        "extension": dse.supported_extensions,
        "feature": dse.supported_features,
        "capability": abilities.other(dse, "supportedCapabilities"),
    }
    for kind, found in lists.items():
        for oid in dict.fromkeys(found):
            yield Offer(kind, oid, *abilities.named(oid))


def _skew(dse: RootDSE) -> float | None:
    """How many seconds the server's clock is ahead; None where it shows none."""
    for raw in dse.other.get("currentTime", ()):
        try:
            there = syntaxes.lookup("Generalized Time").decode(bytes(raw))
        except ValueError:
            return None
        if isinstance(there, datetime):
            return (there - datetime.now(UTC)).total_seconds()
    return None
