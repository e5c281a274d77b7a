"""Content synchronization (RFC 4533): the values of its controls and messages.

The controls have the shape of the classes in `ldapom.protocol.controls`, whose `find`
looks for them as well.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final, Self, TypeAlias

from attrs import field, frozen

from ldapom.errors import DecodeError
from ldapom.protocol import _sync_values
from ldapom.protocol._sync_values import MAX_COOKIE
from ldapom.protocol.codec import ber
from ldapom.protocol.messages import Control, IntermediateResponse

__all__ = [
    "MAX_COOKIE",
    "SyncDone",
    "SyncIds",
    "SyncInfo",
    "SyncMode",
    "SyncNewCookie",
    "SyncPhaseEnd",
    "SyncRequest",
    "SyncState",
    "SyncStateKind",
    "sync_info",
    "write_sync_info",
]

#: RFC 4533 2.1: a syncUUID has 16 octets.
UUID_OCTETS: Final = 16


class SyncMode(IntEnum):
    """RFC 4533 2.2: read the content and end, or stay and tell of changes."""

    refresh_only = 1
    refresh_and_persist = 3


class SyncStateKind(IntEnum):
    """RFC 4533 2.3: what has become of an entry."""

    present = 0
    add = 1
    modify = 2
    delete = 3


@frozen
class SyncRequest:
    """RFC 4533 2.2: give the content of a search, and its changes.

    Attributes:
        mode: Whether to stay when the content is told.
        cookie: Where to go on from; None asks for all.
        reload_hint: Whether the whole content is rather wanted than an error when the
            server can not go on from the cookie.
    """

    # syncRequestValue ::= SEQUENCE {
    #      mode ENUMERATED { refreshOnly (1), refreshAndPersist (3) },
    #      cookie     syncCookie OPTIONAL,
    #      reloadHint BOOLEAN DEFAULT FALSE }
    OID: ClassVar[str] = "1.3.6.1.4.1.4203.1.9.1.1"

    mode: SyncMode = field(default=SyncMode.refresh_and_persist, converter=SyncMode)
    cookie: bytes | None = None
    reload_hint: bool = False
    criticality: bool = True

    def control(self) -> Control:
        """Give the control."""
        parts = [
            ber.write_integer(self.mode, ber.ENUMERATED),
            *_sync_values.octets_of(self.cookie),
        ]
        if self.reload_hint:
            parts.append(ber.write_boolean(True))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no syncRequestValue.
        """
        name = "syncRequestValue"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        start, pos = ber.enter(value, pos, end, ber.ENUMERATED, f"{name}.mode")
        mode = ber.integer(value, start, pos, f"{name}.mode")
        if mode not in SyncMode.__members__.values():
            raise DecodeError(f"no mode {mode}", field=name, offset=start)
        cookie, pos = _sync_values.cookie_at(value, pos, end, name)
        hint, pos = _sync_values.flag_at(
            value, pos, end, f"{name}.reloadHint", default=False
        )
        _sync_values.done(pos, end, name)
        return cls(SyncMode(mode), cookie, hint, control.criticality)


@frozen
class SyncState:
    """RFC 4533 2.3: comes with each entry, and says what has become of it."""

    # syncStateValue ::= SEQUENCE {
    #      state ENUMERATED { present (0), add (1), modify (2), delete (3) },
    #      entryUUID syncUUID,
    #      cookie    syncCookie OPTIONAL }
    OID: ClassVar[str] = "1.3.6.1.4.1.4203.1.9.1.2"

    state: SyncStateKind = field(converter=SyncStateKind)
    uuid: bytes
    cookie: bytes | None = None
    criticality: bool = False

    def control(self) -> Control:
        """Give the control."""
        parts = (
            ber.write_integer(self.state, ber.ENUMERATED),
            ber.element(ber.OCTET_STRING, self.uuid),
            *_sync_values.octets_of(self.cookie),
        )
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no syncStateValue.
        """
        name = "syncStateValue"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        start, pos = ber.enter(value, pos, end, ber.ENUMERATED, f"{name}.state")
        state = ber.integer(value, start, pos, f"{name}.state")
        if state not in SyncStateKind.__members__.values():
            raise DecodeError(f"no state {state}", field=name, offset=start)
        uuid, pos = _uuid(value, pos, end, f"{name}.entryUUID")
        cookie, pos = _sync_values.cookie_at(value, pos, end, name)
        _sync_values.done(pos, end, name)
        return cls(SyncStateKind(state), uuid, cookie, control.criticality)


def _uuid(value: bytes, pos: int, end: int, name: str) -> tuple[bytes, int]:
    start, pos = ber.enter(value, pos, end, ber.OCTET_STRING, name)
    if pos - start != UUID_OCTETS:
        reason = f"UUID of {pos - start} octets"
        raise DecodeError(reason, field=name, offset=start)
    return value[start:pos], pos


@frozen
class SyncDone:
    """RFC 4533 2.4: comes with the end of the search.

    Attributes:
        cookie: Where to go on from.
        refresh_deletes: Whether what is gone was told one by one; if not, what was not
            told is gone.
    """

    # syncDoneValue ::= SEQUENCE {
    #      cookie          syncCookie OPTIONAL,
    #      refreshDeletes  BOOLEAN DEFAULT FALSE }
    OID: ClassVar[str] = "1.3.6.1.4.1.4203.1.9.1.3"

    cookie: bytes | None = None
    refresh_deletes: bool = False
    criticality: bool = False

    def control(self) -> Control:
        """Give the control."""
        parts = _sync_values.octets_of(self.cookie)
        if self.refresh_deletes:
            parts.append(ber.write_boolean(True))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no syncDoneValue.
        """
        name = "syncDoneValue"
        value = _sync_values.value_of(control, name)
        pos, end = _sync_values.whole(value, name)
        cookie, pos = _sync_values.cookie_at(value, pos, end, name)
        deletes, pos = _sync_values.flag_at(
            value, pos, end, f"{name}.refreshDeletes", default=False
        )
        _sync_values.done(pos, end, name)
        return cls(cookie, deletes, control.criticality)


@frozen
class SyncNewCookie:
    """RFC 4533 2.5: where to go on from by now; nothing else has happened."""

    cookie: bytes


@frozen
class SyncPhaseEnd:
    """RFC 4533 2.5: the end of a phase.

    Attributes:
        deletes: Whether it was the one that told what is gone; the other told what is
            there, and all else is gone.
        cookie: Where to go on from.
        done: Whether changes follow from now on, and no other phase.
    """

    deletes: bool
    cookie: bytes | None = None
    done: bool = True


@frozen
class SyncIds:
    """RFC 4533 2.5: entries by nothing but their UUIDs.

    Attributes:
        uuids: Of 16 octets each.
        deletes: Whether these are gone; else they are there, unchanged.
        cookie: Where to go on from.
    """

    uuids: tuple[bytes, ...]
    deletes: bool = False
    cookie: bytes | None = None


SyncInfo: TypeAlias = SyncNewCookie | SyncPhaseEnd | SyncIds

# syncInfoValue ::= CHOICE {
#      newcookie      [0] syncCookie,
#      refreshDelete  [1] SEQUENCE { cookie syncCookie OPTIONAL,
#                                    refreshDone BOOLEAN DEFAULT TRUE },
#      refreshPresent [2] SEQUENCE { ... the same },
#      syncIdSet      [3] SEQUENCE { cookie syncCookie OPTIONAL,
#                                    refreshDeletes BOOLEAN DEFAULT FALSE,
#                                    syncUUIDs SET OF syncUUID } }
SYNC_INFO: Final = "1.3.6.1.4.1.4203.1.9.1.4"
_NEW_COOKIE, _REFRESH_DELETE, _REFRESH_PRESENT, _ID_SET = 0x80, 0xA1, 0xA2, 0xA3


def sync_info(message: IntermediateResponse) -> SyncInfo | None:
    """Read a Sync Info Message; None for another intermediate response.

    Raises:
        DecodeError: If its value is no syncInfoValue.
    """
    if message.name != SYNC_INFO:
        return None
    name, value = "syncInfoValue", message.value or b""
    tag, pos, end = ber.any_element(value, 0, len(value), name)
    ber.finish(value, end, len(value), name)
    if tag == _NEW_COOKIE:
        cookie, _ = _sync_values.cookie_at(value, 0, len(value), name, _NEW_COOKIE)
        return SyncNewCookie(cookie or b"")
    if tag in {_REFRESH_DELETE, _REFRESH_PRESENT}:
        cookie, pos = _sync_values.cookie_at(value, pos, end, name)
        done, pos = _sync_values.flag_at(
            value, pos, end, f"{name}.refreshDone", default=True
        )
        _sync_values.done(pos, end, name)
        return SyncPhaseEnd(tag == _REFRESH_DELETE, cookie, done)
    if tag == _ID_SET:
        return _id_set(value, pos, end, name)
    raise DecodeError(f"no choice {tag:#04x}", field=name, offset=0)


def _id_set(value: bytes, pos: int, end: int, name: str) -> SyncIds:
    cookie, pos = _sync_values.cookie_at(value, pos, end, name)
    deletes, pos = _sync_values.flag_at(
        value, pos, end, f"{name}.refreshDeletes", default=False
    )
    pos, stop = ber.enter(value, pos, end, ber.SET, f"{name}.syncUUIDs")
    _sync_values.done(stop, end, name)
    uuids = []
    while pos < stop:
        uuid, pos = _uuid(value, pos, stop, f"{name}.syncUUIDs")
        uuids.append(uuid)
    return SyncIds(tuple(uuids), deletes, cookie)


def write_sync_info(info: SyncInfo) -> IntermediateResponse:
    """Write a Sync Info Message."""
    if isinstance(info, SyncNewCookie):
        value = ber.element(_NEW_COOKIE, info.cookie)
    elif isinstance(info, SyncPhaseEnd):
        parts = _sync_values.octets_of(info.cookie)
        if not info.done:
            parts.append(ber.write_boolean(False))
        value = ber.sequence(
            parts, _REFRESH_DELETE if info.deletes else _REFRESH_PRESENT
        )
    else:
        parts = _sync_values.octets_of(info.cookie)
        if info.deletes:
            parts.append(ber.write_boolean(True))
        uuids = (ber.element(ber.OCTET_STRING, uuid) for uuid in info.uuids)
        value = ber.sequence((*parts, ber.sequence(uuids, ber.SET)), _ID_SET)
    return IntermediateResponse(SYNC_INFO, value)
