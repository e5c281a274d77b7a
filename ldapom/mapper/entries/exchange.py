"""`Exchange`: how entries leave as plain values, JSON and LDIF, and come back.

The methods that every entry has for it; `ldapom.mapper.entries.portable` does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.mapper.entries.entry import Entry


class Exchange:
    """What `Entry` has to be exchanged with the world."""

    __slots__ = ()

    def to_dict(self, *, secrets: bool = False) -> dict[str, object]:
        """The values as plain ones that JSON knows, by Python name.

        ``dn`` and every attribute of the class with a value that was loaded: DNs, UUIDs
        and SIDs as text, times in ISO 8601, octets in base64, several values as a list.
        `from_dict` makes an equal entry of it. Two entries have the same values where
        these are equal. Operational attributes are in it where the class declares them.

        Args:
            secrets: Whether values of secret attributes (passwords, keys) are in it.

        Raises:
            ConversionError: If a value is none of its attribute's type.
        """
        from ldapom.mapper.entries import portable

        return portable.to_dict(_entry(self), secrets=secrets)

    @classmethod
    def from_dict(cls, values: Mapping[str, object], /) -> Self:
        """Make a new entry of what `to_dict` gave.

        Args:
            values: The values by Python or LDAP name; ``dn`` is the DN's text.

        Raises:
            ConversionError: If a value is none of its attribute's type.
            TypeError: If names are no attributes of the class, nor of `Operational`;
                names them all.
        """
        from ldapom.mapper.entries import portable

        return cast("Self", portable.from_dict(_model(cls), values))

    def to_json(self, *, indent: int | None = None, secrets: bool = False) -> str:
        """The same as `to_dict` as a JSON text.

        Args:
            indent: How many spaces to indent by; None for one line.
            secrets: Whether values of secret attributes are in it.
        """
        from ldapom.mapper.entries import portable

        return portable.to_json(_entry(self), indent=indent, secrets=secrets)

    @classmethod
    def from_json(cls, text: str | bytes, /) -> Self:
        """Make a new entry of what `to_json` gave; errors as for `from_dict`."""
        from ldapom.mapper.entries import portable

        return cast("Self", portable.from_json(_model(cls), text))

    def to_ldif(self, *, secrets: bool = False) -> str:
        """All values as an LDIF content record (RFC 2849), also of no mapped attribute.

        Args:
            secrets: Whether to write values of secret attributes.
        """
        from ldapom.mapper.entries import portable

        return portable.to_ldif(_entry(self), secrets=secrets)

    @classmethod
    def from_ldif(cls, text: str | bytes, /) -> Self:
        """Make a new entry of one LDIF content record.

        What is in it is sent, or refused here; of what servers keep about an entry,
        the attributes of `Operational` can be read and are not sent.

        Raises:
            LDIFSyntaxError: If the text is no LDIF.
            ValueError: If it is not one content record.
            ConversionError: If a value is none of its attribute's type.
            TypeError: If it has attributes that neither the class nor `Operational`
                has; names them all.
        """
        from ldapom.mapper.entries import portable

        return cast("Self", portable.from_ldif(_model(cls), text))


def _entry(self: Exchange) -> Entry:
    # There is no other one that derives from this class.
    return cast("Entry", self)


def _model(cls: type[Exchange]) -> type[Entry]:
    return cast("type[Entry]", cls)
