"""The root DSE (RFC 4512 5.1): what a server says it can do, as a typed value.

A server need not say anything: then every list is empty and every single value None.
The text form is for terminals, so whatever a server sends is shown without its
control characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from ldapom._printable import printable
from ldapom.schema.caseless import Caseless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: What ``other`` holds: attribute names with their raw values.
Raw = Caseless[tuple[bytes, ...]]
_NOTHING: Raw = Caseless()


def _texts(values: Iterable[bytes]) -> tuple[str, ...]:
    """Decode values; what is no UTF-8 stays visible as escapes."""
    return tuple(str(bytes(v), "utf-8", "backslashreplace") for v in values)


def _text(values: Iterable[bytes]) -> str | None:
    return next(iter(_texts(values)), None)


def _numbers(values: Iterable[bytes]) -> tuple[int, ...]:
    """Decode the numbers among the values."""
    short = (text.strip() for text in _texts(values))
    return tuple(int(t) for t in short if t.isascii() and t.isdigit() and len(t) < 10)  # noqa: PLR2004  # digits; a version has one


@frozen(str=False)
class RootDSE:
    """What a server says about itself.

    Attributes:
        naming_contexts: The suffixes this server holds.
        default_naming_context: The one to use when none is named; Active Directory.
        supported_ldap_versions: 3, and on old servers 2.
        supported_controls: OIDs.
        supported_extensions: OIDs of extended operations.
        supported_features: OIDs of elective features (RFC 3674).
        supported_sasl_mechanisms: Names, as offered on this connection.
        subschema_subentry: Where the schema is.
        alt_servers: URLs to try when this server is gone.
        vendor_name: RFC 3045.
        vendor_version: RFC 3045.
        other: All other attributes with their raw values, found in any case.
    """

    naming_contexts: tuple[str, ...] = ()
    default_naming_context: str | None = None
    supported_ldap_versions: tuple[int, ...] = ()
    supported_controls: tuple[str, ...] = ()
    supported_extensions: tuple[str, ...] = ()
    supported_features: tuple[str, ...] = ()
    supported_sasl_mechanisms: tuple[str, ...] = ()
    subschema_subentry: str | None = None
    alt_servers: tuple[str, ...] = ()
    vendor_name: str | None = None
    vendor_version: str | None = None
    other: Raw = _NOTHING

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Sequence[bytes]]) -> RootDSE:
        """Read the attributes of the entry with the empty name.

        Args:
            attributes: Names in any case, with raw values.
        """
        fields: dict[str, Any] = {}
        other: dict[str, tuple[bytes, ...]] = {}
        for name, values in attributes.items():
            known = _ATTRIBUTES.get(name.lower())
            if known is None:
                other[name] = tuple(values)
            else:
                fields[known[0]] = known[1](values)
        return cls(**fields, other=Caseless(other))

    def supports(self, oid: str) -> bool:
        """Whether the server lists this control, extension or feature."""
        return (
            oid in self.supported_controls
            or oid in self.supported_extensions
            or oid in self.supported_features
        )

    def __str__(self) -> str:
        """Write all for people, one OID per line with what it is."""
        lines: list[str] = []
        for title, name in _TITLES:
            value: object = getattr(self, name)
            lines.extend(_section(title, value, described="OID" in title))
        lines.append("Other:" if self.other else "Other: None")
        for attribute, values in self.other.items():
            lines.append(f"  {printable(attribute)}:")
            lines.extend(f"    {printable(text)}" for text in _texts(values))
        return "\n".join(lines)


def _section(title: str, value: object, *, described: bool) -> list[str]:
    """Write one attribute: a single value beside its title, a list below it."""
    if value is None or value == ():
        return [f"{title}: None"]
    if not isinstance(value, tuple):
        return [f"{title}: {printable(str(value))}"]
    from ldapom.schema import oids  # a program seldom shows it

    show = oids.describe if described else str
    return [f"{title}:", *(f"  {printable(show(item))}" for item in value)]


_ATTRIBUTES: Mapping[str, tuple[str, Callable[[Iterable[bytes]], object]]] = {
    "namingcontexts": ("naming_contexts", _texts),
    "defaultnamingcontext": ("default_naming_context", _text),
    "supportedldapversion": ("supported_ldap_versions", _numbers),
    "supportedcontrol": ("supported_controls", _texts),
    "supportedextension": ("supported_extensions", _texts),
    "supportedfeatures": ("supported_features", _texts),
    "supportedsaslmechanisms": ("supported_sasl_mechanisms", _texts),
    "subschemasubentry": ("subschema_subentry", _text),
    "altserver": ("alt_servers", _texts),
    "vendorname": ("vendor_name", _text),
    "vendorversion": ("vendor_version", _text),
}
_TITLES = (
    ("Supported LDAP versions", "supported_ldap_versions"),
    ("Naming contexts", "naming_contexts"),
    ("Default naming context", "default_naming_context"),
    ("Alternative servers", "alt_servers"),
    ("Supported controls (OID)", "supported_controls"),
    ("Supported extensions (OID)", "supported_extensions"),
    ("Supported features (OID)", "supported_features"),
    ("Supported SASL mechanisms", "supported_sasl_mechanisms"),
    ("Schema entry", "subschema_subentry"),
    ("Vendor name", "vendor_name"),
    ("Vendor version", "vendor_version"),
)
