"""The values of the controls that come with updates, and of what they bring back.

They have the shape of the classes in `ldapom.protocol.controls`, whose `find` looks
for them as well. What they hold of RFC 4511 (a filter, an entry) is read and written by
the codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from attrs import field, frozen

from ldapom.errors import DecodeError
from ldapom.protocol import _enclosed, _fields
from ldapom.protocol.codec import ber
from ldapom.protocol.controls import Valueless
from ldapom.protocol.messages import Control

if TYPE_CHECKING:
    from ldapom.filters import Filter
    from ldapom.protocol.messages import SearchResultEntry

__all__ = [
    "Assertion",
    "PostRead",
    "PostReadResponse",
    "PreRead",
    "PreReadResponse",
    "TransactionSpecification",
    "TreeDelete",
]


def _value(control: Control, name: str) -> bytes:
    if control.value is None:
        raise DecodeError("no control value", field=name, offset=0)
    return control.value


@frozen
class Assertion:
    """RFC 4528: carry the operation out only if the filter is true of its entry.

    It is critical unless said otherwise: a server that passes over it would do what
    was only to be done under a condition. A filter that is not true gives the result
    `AssertionFailed`, and nothing was done.
    """

    # The controlValue is a Filter (RFC 4511 4.5.1.7).
    OID: ClassVar[str] = "1.3.6.1.1.12"

    filter: Filter
    criticality: bool = True

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If the filter can not be written.
        """
        return Control(self.OID, self.criticality, _enclosed.write_filter(self.filter))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no Filter.
        """
        value = _value(control, "Assertion")
        return cls(_enclosed.filter_in(value, "Assertion"), control.criticality)


@frozen
class _ReadRequest:
    """What `PreRead` and `PostRead` share."""

    # AttributeSelection ::= SEQUENCE OF selector LDAPString
    OID: ClassVar[str]

    attributes: tuple[str, ...] = field(default=(), converter=_fields.texts)
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If an attribute can not be written.
        """
        name = f"{type(self).__name__}.attributes"
        value = ber.sequence(
            ber.element(ber.OCTET_STRING, ber.encode_text(text, name))
            for text in self.attributes
        )
        return Control(self.OID, self.criticality, value)

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no AttributeSelection.
        """
        name = "AttributeSelection"
        value = _value(control, name)
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, name)
        ber.finish(value, end, len(value), name)
        found: list[str] = []
        while pos < end:
            start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, name)
            found.append(ber.text(value, start, pos))
        return cls(tuple(found), control.criticality)


@frozen
class _ReadResponse:
    """What `PreReadResponse` and `PostReadResponse` share."""

    OID: ClassVar[str]

    entry: SearchResultEntry
    criticality: bool = False

    def control(self) -> Control:
        """Give the control.

        Raises:
            LocalProtocolError: If the entry can not be written.
        """
        return Control(self.OID, self.criticality, _enclosed.write_entry(self.entry))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no SearchResultEntry.
        """
        name = "SearchResultEntry"
        entry = _enclosed.entry_in(_value(control, name), name)
        return cls(entry, control.criticality)


@frozen
class PreRead(_ReadRequest):
    """RFC 4527 3.1: answer a Modify, Delete or ModifyDN with the entry as it was.

    The attributes are chosen as in a search: none given asks for all user attributes.
    The answer carries a `PreReadResponse`, or nothing where the server lets it be.
    """

    # The controlValue is an AttributeSelection (RFC 4511 4.5.1.8).
    OID: ClassVar[str] = "1.3.6.1.1.13.1"


@frozen
class PostRead(_ReadRequest):
    """RFC 4527 3.2: answer an Add, Modify or ModifyDN with the entry as it is now.

    The attributes are chosen as in a search: none given asks for all user attributes.
    The answer carries a `PostReadResponse`, or nothing where the server lets it be.
    """

    # The controlValue is an AttributeSelection (RFC 4511 4.5.1.8).
    OID: ClassVar[str] = "1.3.6.1.1.13.2"


@frozen
class PreReadResponse(_ReadResponse):
    """RFC 4527 3.1: the entry as it was before the update."""

    # The controlValue is a SearchResultEntry (RFC 4511 4.5.2).
    OID: ClassVar[str] = PreRead.OID


@frozen
class PostReadResponse(_ReadResponse):
    """RFC 4527 3.2: the entry as it is after the update."""

    # The controlValue is a SearchResultEntry (RFC 4511 4.5.2).
    OID: ClassVar[str] = PostRead.OID


@frozen
class TreeDelete(Valueless):
    """draft-armijo-ldap-treedelete 2: delete an entry with all below it."""

    OID: ClassVar[str] = "1.2.840.113556.1.4.805"


@frozen
class TransactionSpecification:
    """RFC 5805 2.2: the update is part of this transaction.

    Servers demand that it is critical. OpenLDAP's identifier is the empty one.
    """

    # The controlValue is the transaction identifier itself.
    OID: ClassVar[str] = "1.3.6.1.1.21.2"

    identifier: bytes
    criticality: bool = True

    def control(self) -> Control:
        """Give the control."""
        return Control(self.OID, self.criticality, self.identifier)

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If there is none.
        """
        return cls(_value(control, "transaction identifier"), control.criticality)
