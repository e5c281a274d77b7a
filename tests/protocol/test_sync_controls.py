"""The values by which servers tell of changes: vectors, round trips, nonsense."""

from __future__ import annotations

from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol.change_controls import (
    ChangeNotification,
    ChangeType,
    DirSync,
    DirSyncFlags,
    EntryChangeNotification,
    PersistentSearch,
    ShowDeleted,
)
from ldapom.protocol.controls import find
from ldapom.protocol.messages import Control, IntermediateResponse
from ldapom.protocol.sync_controls import (
    MAX_COOKIE,
    SYNC_INFO,
    SyncDone,
    SyncIds,
    SyncInfo,
    SyncMode,
    SyncNewCookie,
    SyncPhaseEnd,
    SyncRequest,
    SyncState,
    SyncStateKind,
    sync_info,
    write_sync_info,
)

UUID = bytes(range(16))


class Value(Protocol):
    """Any of the values."""

    def control(self) -> Control:
        """Give the control."""
        ...


COOKIES = st.none() | st.binary(max_size=300)
UUIDS = st.binary(min_size=16, max_size=16)
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.builds(SyncRequest, st.sampled_from(SyncMode), COOKIES, st.booleans()),
    st.builds(SyncState, st.sampled_from(SyncStateKind), UUIDS, COOKIES),
    st.builds(SyncDone, COOKIES, st.booleans()),
    st.builds(
        PersistentSearch,
        st.builds(ChangeType, st.integers(0, 15)),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(
        EntryChangeNotification,
        st.sampled_from([ChangeType(n) for n in (1, 2, 4, 8)]),
        st.none() | st.text(max_size=30),
        st.none() | NUMBERS,
    ),
    st.builds(DirSync, st.integers(0, 2**32 - 1), NUMBERS, st.binary(max_size=300)),
    st.builds(ChangeNotification),
    st.builds(ShowDeleted),
)
INFOS: st.SearchStrategy[SyncInfo] = st.one_of(
    st.builds(SyncNewCookie, st.binary(max_size=300)),
    st.builds(SyncPhaseEnd, st.booleans(), COOKIES, st.booleans()),
    st.builds(SyncIds, st.lists(UUIDS).map(tuple), st.booleans(), COOKIES),
)
KINDS = (SyncRequest, SyncState, SyncDone, PersistentSearch, EntryChangeNotification)


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        # OpenLDAP's own: ldapsearch -E sync=rp, and with a cookie
        (SyncRequest(), "30030a0103"),
        (SyncRequest(SyncMode.refresh_only, b"c"), "30060a0101040163"),
        (SyncRequest(cookie=b"", reload_hint=True), "30080a010304000101ff"),
        (SyncState(SyncStateKind.add, UUID), f"30150a01010410{UUID.hex()}"),
        (SyncDone(b"c", refresh_deletes=True), "30060401630101ff"),
        (SyncDone(), "3000"),
        # draft-ietf-ldapext-psearch-03 4: all kinds of changes, and those only
        (PersistentSearch(), "300902010f0101ff0101ff"),
        (EntryChangeNotification(ChangeType.delete), "30030a0102"),
        (
            EntryChangeNotification(ChangeType.mod_dn, "cn=a", 7),
            "300c0a01080404636e3d61020107",
        ),
        (
            DirSync(DirSyncFlags.object_security | DirSyncFlags.incremental_values),
            "300b020480000001020100" + "0400",
        ),
    ],
)
def test_vectors(value: Value, octets: str) -> None:
    """Values are written as their definitions say, and read back."""
    control = value.control()
    assert (control.value or b"").hex() == octets
    assert find([control], type(value)) == value  # type: ignore[type-var]  # any of them


@given(VALUES)
def test_round_trip(value: Value) -> None:
    """What is written is read back."""
    assert find([value.control()], type(value)) == value  # type: ignore[type-var]  # any of them


@given(INFOS)
def test_info_round_trip(info: SyncInfo) -> None:
    """A Sync Info Message is read as it was written."""
    assert sync_info(write_sync_info(info)) == info


def test_defaults_of_the_info_message() -> None:
    """RFC 4533 2.5: refreshDone is TRUE and refreshDeletes FALSE when left out."""
    assert sync_info(_info("a100")) == SyncPhaseEnd(deletes=True)
    assert sync_info(_info("a203010100")) == SyncPhaseEnd(deletes=False, done=False)
    assert sync_info(_info("a3023100")) == SyncIds(())
    assert sync_info(IntermediateResponse("1.2.3", b"")) is None


def _info(octets: str) -> IntermediateResponse:
    return IntermediateResponse(SYNC_INFO, bytes.fromhex(octets))


@given(st.sampled_from(KINDS), st.binary(max_size=60))
def test_nonsense_is_refused(kind: type[SyncState], octets: bytes) -> None:
    """Any octets give a value or a DecodeError."""
    try:
        kind.decode(Control(kind.OID, value=octets))
    except DecodeError:
        return


@given(st.binary(max_size=60))
def test_nonsense_in_the_info_message(octets: bytes) -> None:
    """Any octets give a value or a DecodeError."""
    try:
        sync_info(IntermediateResponse(SYNC_INFO, octets))
    except DecodeError:
        return


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (SyncRequest, "30030a0102"),
        (SyncState, f"30150a01040410{UUID.hex()}"),
        (SyncState, "30060a0101040101"),
        (SyncDone, "30060401630101ff00"),
        (EntryChangeNotification, "30030a0103"),
        (DirSync, "3003020100"),
    ],
)
def test_what_is_refused(kind: type[SyncState], octets: str) -> None:
    """Numbers that mean nothing, UUIDs of another length, octets left over."""
    with pytest.raises(DecodeError):
        kind.decode(Control(kind.OID, value=bytes.fromhex(octets)))
    with pytest.raises(DecodeError):
        kind.decode(Control(kind.OID))


def test_cookies_have_a_limit() -> None:
    """A cookie that is too large to be kept is refused as it comes."""
    largest = SyncDone(b"x" * MAX_COOKIE)
    assert find([largest.control()], SyncDone) == largest
    with pytest.raises(DecodeError, match="limit"):
        SyncDone.decode(SyncDone(b"x" * (MAX_COOKIE + 1)).control())
    with pytest.raises(DecodeError, match="limit"):
        sync_info(write_sync_info(SyncNewCookie(b"x" * (MAX_COOKIE + 1))))
    with pytest.raises(DecodeError, match="limit"):
        DirSync.decode(DirSync(cookie=b"x" * (MAX_COOKIE + 1)).control())


def test_cookies_are_not_shown() -> None:
    """DirSync's cookie names servers; it stays out of texts."""
    assert "secret" not in repr(DirSync(cookie=b"secret"))
