"""What servers without RFC 4533 tell of changes by: the values of their controls.

Persistent search (draft-ietf-ldapext-psearch-03), and Active Directory's DirSync and
change notification ([MS-ADTS] 3.1.1.3.4.1). They have the shape of the classes in
`ldapom.protocol.controls`, whose `find` looks for them as well.
"""

from __future__ import annotations

from enum import IntFlag
from typing import ClassVar, Self

from attrs import field, frozen

from ldapom.errors import DecodeError
from ldapom.protocol import _sync_values
from ldapom.protocol._fields import hide
from ldapom.protocol.codec import ber
from ldapom.protocol.controls import Valueless
from ldapom.protocol.messages import Control

__all__ = [
    "ChangeNotification",
    "ChangeType",
    "DirSync",
    "DirSyncFlags",
    "EntryChangeNotification",
    "PersistentSearch",
    "ShowDeleted",
]


class ChangeType(IntFlag):
    """draft-ietf-ldapext-psearch-03 4: what may become of an entry."""

    add = 1
    delete = 2
    modify = 4
    mod_dn = 8


@frozen
class PersistentSearch:
    """draft-ietf-ldapext-psearch-03 4: stay, and tell of what changes.

    Attributes:
        change_types: Which changes to tell.
        changes_only: Whether to leave out what is there already.
        return_ecs: Whether each change comes with an `EntryChangeNotification`.
    """

    # PersistentSearch ::= SEQUENCE {
    #      changeTypes INTEGER,
    #      changesOnly BOOLEAN,
    #      returnECs BOOLEAN }
    OID: ClassVar[str] = "2.16.840.1.113730.3.4.3"

    change_types: ChangeType = ChangeType(15)
    changes_only: bool = True
    return_ecs: bool = True
    criticality: bool = True

    def control(self) -> Control:
        """Give the control."""
        parts = (
            ber.write_integer(self.change_types),
            ber.write_boolean(self.changes_only),
            ber.write_boolean(self.return_ecs),
        )
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no PersistentSearch value.
        """
        name = "PersistentSearch"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        types, pos = _sync_values.long_at(value, pos, end, f"{name}.changeTypes")
        start, pos = ber.enter(value, pos, end, ber.BOOLEAN, f"{name}.changesOnly")
        only = ber.boolean(value, start, pos, f"{name}.changesOnly")
        start, pos = ber.enter(value, pos, end, ber.BOOLEAN, f"{name}.returnECs")
        ecs = ber.boolean(value, start, pos, f"{name}.returnECs")
        _sync_values.done(pos, end, name)
        return cls(ChangeType(types & 15), only, ecs, control.criticality)


@frozen
class EntryChangeNotification:
    """draft-ietf-ldapext-psearch-03 5: comes with an entry that has changed."""

    # EntryChangeNotification ::= SEQUENCE {
    #      changeType ENUMERATED { add (1), delete (2), modify (4), modDN (8) },
    #      previousDN   LDAPDN OPTIONAL,     -- modifyDN ops. only
    #      changeNumber INTEGER OPTIONAL }   -- if supported
    OID: ClassVar[str] = "2.16.840.1.113730.3.4.7"

    change_type: ChangeType = field(converter=ChangeType)
    previous_dn: str | None = None
    change_number: int | None = None
    criticality: bool = False

    def control(self) -> Control:
        """Give the control."""
        parts = [ber.write_integer(self.change_type, ber.ENUMERATED)]
        if self.previous_dn is not None:
            name = "EntryChangeNotification.previous_dn"
            text = ber.encode_text(self.previous_dn, name)
            parts.append(ber.element(ber.OCTET_STRING, text))
        if self.change_number is not None:
            parts.append(ber.write_integer(self.change_number))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no EntryChangeNotification.
        """
        name = "EntryChangeNotification"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        start, pos = ber.enter(value, pos, end, ber.ENUMERATED, f"{name}.changeType")
        kind = ber.integer(value, start, pos, f"{name}.changeType")
        if kind not in {1, 2, 4, 8}:
            raise DecodeError(f"no change type {kind}", field=name, offset=start)
        previous = number = None
        if pos < end and value[pos] == ber.OCTET_STRING:
            start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, name)
            previous = ber.text(value, start, pos)
        if pos < end:
            number, pos = _sync_values.long_at(value, pos, end, f"{name}.changeNumber")
        _sync_values.done(pos, end, name)
        return cls(ChangeType(kind), previous, number, control.criticality)


# --- Active Directory ----------------------------------------------------------------


class DirSyncFlags(IntFlag):
    """[MS-ADTS] 3.1.1.3.4.1.3: what DirSync gives."""

    object_security = 0x1
    ancestors_first = 0x800
    public_data_only = 0x2000
    incremental_values = 0x8000_0000


@frozen
class DirSync:
    """[MS-ADTS] 3.1.1.3.4.1.3: what has changed since the cookie.

    In an answer ``flags`` says whether there is more to ask for at once.

    Attributes:
        flags: `DirSyncFlags`.
        max_bytes: How much one answer may hold; 0 leaves it to the server.
        cookie: Where to go on from; empty for the beginning.
    """

    # DirSyncRequestValue ::= SEQUENCE {
    #      Flags       INTEGER,
    #      MaxBytes    INTEGER,
    #      Cookie      OCTET STRING }
    # DirSyncResponseValue ::= SEQUENCE {
    #      MoreResults     INTEGER,
    #      unused          INTEGER,
    #      CookieServer    OCTET STRING }
    OID: ClassVar[str] = "1.2.840.113556.1.4.841"

    flags: int = 0
    max_bytes: int = 0
    cookie: bytes = field(default=b"", repr=hide)
    criticality: bool = True

    @property
    def more(self) -> bool:
        """Whether an answer was not the last one of its round."""
        return self.flags != 0

    def control(self) -> Control:
        """Give the control."""
        # A flag in the highest of 32 bits makes a negative number.
        flags = self.flags - (1 << 32) if self.flags >> 31 == 1 else self.flags
        parts = (
            ber.write_integer(flags),
            ber.write_integer(self.max_bytes),
            ber.element(ber.OCTET_STRING, self.cookie),
        )
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no DirSync value.
        """
        name = "DirSyncValue"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        flags, pos = _sync_values.long_at(value, pos, end, f"{name}.flags")
        size, pos = _sync_values.long_at(value, pos, end, f"{name}.maxBytes")
        cookie, pos = _sync_values.cookie_at(value, pos, end, name)
        _sync_values.done(pos, end, name)
        return cls(flags & 0xFFFF_FFFF, size, cookie or b"", control.criticality)


@frozen
class ChangeNotification(Valueless):
    """[MS-ADTS] 3.1.1.3.4.1.9: stay, and give each entry that changes."""

    OID: ClassVar[str] = "1.2.840.113556.1.4.528"


@frozen
class ShowDeleted(Valueless):
    """[MS-ADTS] 3.1.1.3.4.1.14: let a search find deleted entries."""

    OID: ClassVar[str] = "1.2.840.113556.1.4.417"
