"""The records of an LDIF file (RFC 2849) as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast

from attrs import field, frozen

from ldapom.changes import Change, Value, as_value, as_values
from ldapom.secrets import hidden, is_secret

#: What a record's attributes may be made of.
AttributesLike: TypeAlias = (
    Mapping[str, Value | Iterable[Value]]
    | Iterable[tuple[str, Value | Iterable[Value]]]
)
#: Names with their values, in the order of the file; each name once.
Attributes: TypeAlias = tuple[tuple[str, tuple[bytes, ...]], ...]


def _as_attributes(attributes: AttributesLike) -> Attributes:
    """Bring attributes into their one form; a repeated name is merged."""
    pairs: Iterable[tuple[str, Value | Iterable[Value]]]
    if isinstance(attributes, Mapping):
        pairs = cast("Mapping[str, Value | Iterable[Value]]", attributes).items()
    else:
        pairs = attributes
    found: dict[str, tuple[str, list[bytes]]] = {}
    for name, values in pairs:
        found.setdefault(name.lower(), (name, []))[1].extend(as_values(values))
    return tuple([(name, tuple(values)) for name, values in found.values()])


def _as_optional_text(text: object) -> str | None:
    return None if text is None else str(text)


def _as_optional_value(value: Value | None) -> bytes | None:
    return None if value is None else as_value(value)


@frozen
class LDIFControl:
    """A control of a change record: its OID, criticality and value."""

    type: str
    criticality: bool = False
    value: bytes | None = field(default=None, converter=_as_optional_value)


def _as_controls(controls: Iterable[LDIFControl]) -> tuple[LDIFControl, ...]:
    return tuple(controls)


def _as_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(changes)


class _WithAttributes:
    """What records with attributes share: look-up by name, and hidden secrets."""

    __slots__ = ()
    dn: str
    attributes: Attributes

    def get(self, name: str) -> tuple[bytes, ...]:
        """The values of an attribute, its name in any case; none when absent."""
        wanted = name.lower()
        for spelled, values in self.attributes:
            if spelled.lower() == wanted:
                return values
        return ()

    def __getitem__(self, name: str) -> tuple[bytes, ...]:
        values = self.get(name)
        if not values and name not in self:
            raise KeyError(name)
        return values

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(
            spelled.lower() == name.lower() for spelled, _ in self.attributes
        )

    def _shown(self) -> str:
        shown = [
            f"{name!r}: [{', '.join(map(_show(name), values))}]"
            for name, values in self.attributes
        ]
        return f"{self.dn!r}, {{{', '.join(shown)}}}"


def _show(name: str) -> Callable[[bytes], str]:
    return hidden if is_secret(name) else repr


@frozen(repr=False)
class ContentRecord(_WithAttributes):
    """An entry: what ``ldapsearch`` writes.

    Attributes:
        dn: The entry's name as it was written; it is not parsed.
        attributes: Names with their values; also ``record["cn"]``.
    """

    dn: str = field(converter=str)
    attributes: Attributes = field(default=(), converter=_as_attributes)

    def __repr__(self) -> str:
        return f"ContentRecord({self._shown()})"


@frozen(repr=False)
class AddRecord(_WithAttributes):
    """``changetype: add``."""

    dn: str = field(converter=str)
    attributes: Attributes = field(default=(), converter=_as_attributes)
    controls: tuple[LDIFControl, ...] = field(
        default=(), converter=_as_controls, kw_only=True
    )

    def __repr__(self) -> str:
        return f"AddRecord({self._shown()}, controls={self.controls!r})"


@frozen
class DeleteRecord:
    """``changetype: delete``."""

    dn: str = field(converter=str)
    controls: tuple[LDIFControl, ...] = field(
        default=(), converter=_as_controls, kw_only=True
    )


@frozen
class ModifyRecord:
    """``changetype: modify``; the changes in their order."""

    dn: str = field(converter=str)
    changes: tuple[Change, ...] = field(default=(), converter=_as_changes)
    controls: tuple[LDIFControl, ...] = field(
        default=(), converter=_as_controls, kw_only=True
    )


@frozen
class ModDNRecord:
    """``changetype: modrdn`` or ``moddn``: a new RDN, and perhaps a new parent."""

    dn: str = field(converter=str)
    new_rdn: str = field(converter=str)
    delete_old_rdn: bool = field(default=True, kw_only=True)
    new_superior: str | None = field(
        default=None, converter=_as_optional_text, kw_only=True
    )
    controls: tuple[LDIFControl, ...] = field(
        default=(), converter=_as_controls, kw_only=True
    )


ChangeRecord: TypeAlias = AddRecord | DeleteRecord | ModifyRecord | ModDNRecord
Record: TypeAlias = ContentRecord | ChangeRecord
