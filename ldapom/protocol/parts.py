"""What several messages are made of, and what a model needs of them (RFC 4511).

A program that only has a model imports this and no message.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from ldapom.protocol import _fields
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable


class Scope(IntEnum):
    """How far below the base a search looks (RFC 4511 4.5.1.2)."""

    base = 0
    one = 1
    sub = 2


class DerefAliases(IntEnum):
    """When aliases are followed (RFC 4511 4.5.1.3)."""

    never = 0
    in_searching = 1
    finding_base = 2
    always = 3


class ModifyOperation(IntEnum):
    """What happens to the values of one change (RFC 4511 4.6, RFC 4525)."""

    add = 0
    delete = 1
    replace = 2
    increment = 3


@frozen
class Control:
    """RFC 4511 4.1.11."""

    # Control ::= SEQUENCE {
    #      controlType             LDAPOID,
    #      criticality             BOOLEAN DEFAULT FALSE,
    #      controlValue            OCTET STRING OPTIONAL }
    type: str
    criticality: bool = False
    # RFC 4527 sends entries here and RFC 4528 filters, so no value is ever shown.
    value: bytes | None = field(default=None, repr=_fields.hide)


@frozen(repr=False, weakref_slot=False)  # as `codec.drafts` makes it
class PartialAttribute:
    """RFC 4511 4.1.7: an attribute description and its values, perhaps none."""

    # PartialAttribute ::= SEQUENCE {
    #      type       AttributeDescription,
    #      vals       SET OF value AttributeValue }
    type: str
    values: tuple[bytes, ...] = field(default=(), converter=_fields.octet_strings)

    def __repr__(self) -> str:
        values = self.values
        shown = (
            "(" + ", ".join(map(hidden, values)) + ")"
            if is_secret(self.type)
            else repr(values)
        )
        return f"PartialAttribute(type={self.type!r}, values={shown})"


class KeptAttributes(Sequence[PartialAttribute]):
    """Attributes that never change, as a tuple, and are read when they are needed."""

    __slots__ = ()


_KEPT = (tuple, KeptAttributes)


def attributes_of(values: Iterable[PartialAttribute]) -> Sequence[PartialAttribute]:
    """Keep attributes."""
    return values if isinstance(values, _KEPT) else tuple(values)
