"""Control values with types; `messages.Control` itself knows octets only.

1. Each class has its ``OID``, gives a `Control` by ``control()`` and comes from one by
   ``decode(control)``, which raises `DecodeError` for octets that are no such value.
2. `find` picks one kind out of a message's controls; a control nobody asks for is
   never decoded, so a malformed one harms nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Protocol, Self, TypeVar

from attrs import field, frozen

from ldapom.errors import DecodeError, LocalProtocolError, ResultCode
from ldapom.protocol.codec import ber
from ldapom.protocol.messages import Control

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ControlValue",
    "ManageDsaIT",
    "PagedResults",
    "ServerSideSort",
    "ServerSideSortResponse",
    "SortKey",
    "Valueless",
    "find",
]


class ControlValue(Protocol):
    """What `find` can look for."""

    OID: ClassVar[str]

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value of a control of this ``OID``."""
        ...  # pyright wants a body


_Kind = TypeVar("_Kind", bound=ControlValue)


def find(controls: Iterable[Control], kind: type[_Kind]) -> _Kind | None:
    """Give the first control of that kind.

    Args:
        controls: The controls of a message.
        kind: One of the classes of this module, or one like them.

    Returns:
        The typed value; None where no such control was sent.

    Raises:
        DecodeError: If it was sent and its value is malformed.
    """
    for control in controls:
        if control.type == kind.OID:
            return kind.decode(control)
    return None


def _value(control: Control, name: str) -> bytes:
    if control.value is None:
        raise DecodeError("no control value", field=name, offset=0)
    return control.value


@frozen
class PagedResults:
    """RFC 2696: a search in pages; the same value goes there and comes back.

    In a request ``size`` is the page's; zero ends the search. In a response it is the
    server's guess of the whole, zero where it makes none, and an empty ``cookie`` says
    that this was the last page.
    """

    # realSearchControlValue ::= SEQUENCE {
    #      size            INTEGER (0..maxInt),
    #      cookie          OCTET STRING }
    OID: ClassVar[str] = "1.2.840.113556.1.4.319"

    size: int = 0
    cookie: bytes = b""
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If the size is out of range.
        """
        if not 0 <= self.size <= ber.MAX_INT:
            raise LocalProtocolError(f"PagedResults.size: {self.size} is out of range")
        parts = (ber.write_integer(self.size), ber.element(0x04, self.cookie))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no realSearchControlValue.
        """
        name = "realSearchControlValue"
        value = _value(control, name)
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        start, pos = ber.enter(value, pos, end, ber.INTEGER, f"{name}.size")
        size = ber.integer(value, start, pos, f"{name}.size")
        start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, f"{name}.cookie")
        ber.finish(value, pos, end, name)
        # A negative estimate (seen from servers that do not know) is none.
        return cls(max(size, 0), value[start:pos], control.criticality)


@frozen
class SortKey:
    """RFC 2891 1.1: one attribute to sort by."""

    # SEQUENCE {
    #      attributeType   AttributeDescription,
    #      orderingRule    [0] MatchingRuleId OPTIONAL,
    #      reverseOrder    [1] BOOLEAN DEFAULT FALSE }
    attribute: str
    rule: str | None = None
    reverse: bool = False


def _keys(keys: Iterable[SortKey]) -> tuple[SortKey, ...]:
    return tuple(keys)


@frozen
class ServerSideSort:
    """RFC 2891 1.1: let the server sort, by the first key first."""

    # SortKeyList ::= SEQUENCE OF SEQUENCE { ... }
    OID: ClassVar[str] = "1.2.840.113556.1.4.473"

    keys: tuple[SortKey, ...] = field(converter=_keys)
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If there is no key.
        """
        if not self.keys:
            raise LocalProtocolError("ServerSideSort.keys: needs at least one")
        value = ber.sequence(_write_key(key) for key in self.keys)
        return Control(self.OID, self.criticality, value)

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no SortKeyList.
        """
        name = "SortKeyList"
        value = _value(control, name)
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        ber.finish(value, end, len(value), name)
        keys = []
        while pos < end:
            start, pos = ber.enter(value, pos, end, ber.SEQUENCE, name)
            keys.append(_read_key(value, start, pos, name))
        if not keys:
            raise DecodeError("no sort key", field=name, offset=pos)
        return cls(tuple(keys), control.criticality)


def _write_key(key: SortKey) -> bytes:
    parts = [ber.element(0x04, ber.encode_text(key.attribute, "SortKey.attribute"))]
    if key.rule is not None:
        parts.append(ber.element(0x80, ber.encode_text(key.rule, "SortKey.rule")))
    if key.reverse:
        parts.append(ber.write_boolean(True, 0x81))
    return ber.sequence(parts)


_ORDERING_RULE: Final = 0x80


def _read_key(value: bytes, pos: int, stop: int, name: str) -> SortKey:
    start, pos = ber.enter(value, pos, stop, ber.OCTET_STRING, f"{name}.attributeType")
    attribute = ber.text(value, start, pos)
    rule = None
    if pos < stop and value[pos] == _ORDERING_RULE:
        start, pos = ber.enter(value, pos, stop, _ORDERING_RULE, f"{name}.orderingRule")
        rule = ber.text(value, start, pos)
    reverse = False
    if pos < stop:
        start, pos = ber.enter(value, pos, stop, 0x81, f"{name}.reverseOrder")
        reverse = ber.boolean(value, start, pos, f"{name}.reverseOrder")
    # Not `finish`: further keys may follow this one.
    if pos != stop:
        raise DecodeError("octets left over", field=name, offset=pos)
    return SortKey(attribute, rule, reverse)


@frozen
class ServerSideSortResponse:
    """RFC 2891 1.2: whether the server sorted, and which attribute kept it from it."""

    # SortResult ::= SEQUENCE {
    #      sortResult      ENUMERATED { ... },
    #      attributeType   [0] AttributeDescription OPTIONAL }
    OID: ClassVar[str] = "1.2.840.113556.1.4.474"

    result_code: ResultCode = field(default=ResultCode.success, converter=ResultCode)
    attribute: str | None = None
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If the code is out of range.
        """
        if not 0 <= self.result_code <= ber.MAX_INT:
            name = "ServerSideSortResponse.result_code"
            raise LocalProtocolError(f"{name}: {int(self.result_code)} is out of range")
        parts = [ber.write_integer(self.result_code, ber.ENUMERATED)]
        if self.attribute is not None:
            name = "ServerSideSortResponse.attribute"
            parts.append(ber.element(0x80, ber.encode_text(self.attribute, name)))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no SortResult.
        """
        name = "SortResult"
        value = _value(control, name)
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        start, pos = ber.enter(value, pos, end, ber.ENUMERATED, f"{name}.sortResult")
        code = ber.integer(value, start, pos, f"{name}.sortResult")
        if code < 0:
            reason = f"{code} is out of range"
            raise DecodeError(reason, field=f"{name}.sortResult", offset=start)
        attribute = None
        if pos < end:
            start, pos = ber.enter(value, pos, end, 0x80, f"{name}.attributeType")
            attribute = ber.text(value, start, pos)
        ber.finish(value, pos, end, name)
        return cls(ResultCode(code), attribute, control.criticality)


@frozen
class Valueless:
    """Base of controls that say all by being there; a value that came is not read."""

    OID: ClassVar[str]

    criticality: bool = True

    def control(self) -> Control:
        """Give the control."""
        return Control(self.OID, self.criticality)

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the control."""
        return cls(control.criticality)


@frozen
class ManageDsaIT(Valueless):
    """RFC 3296 3: treat referral objects as ordinary entries."""

    OID: ClassVar[str] = "2.16.840.1.113730.3.4.2"
