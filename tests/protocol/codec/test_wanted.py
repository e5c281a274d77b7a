"""What is read of an entry by parts equals what is read of it as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol import messages as m
from ldapom.protocol.codec import encode
from ldapom.protocol.codec.attributes import LazyAttributes, collect
from ldapom.protocol.codec.fast.decode import receive
from ldapom.protocol.codec.fast.entries import receive_answers
from ldapom.protocol.codec.wanted import Wanted

_NAMES = st.sampled_from(["cn", "CN", "sn", "uid", "cn;lang-de", "é", "x" * 130])
_VALUES = st.lists(st.binary(max_size=200), max_size=4).map(tuple)
_LISTS = st.lists(st.builds(m.PartialAttribute, _NAMES, _VALUES), max_size=6).map(tuple)
_KEYS = ("cn", "sn", "uid", "missing")
#: Mostly what has a meaning in a list of attributes.
_OCTET = st.sampled_from([0x30, 0x31, 0x04, 0x00, 0x01, 0x80, 0x81, 0x89, 0xFF])


def raw_of(attributes: tuple[m.PartialAttribute, ...]) -> bytes:
    """The octets of an attribute list, as a received entry has them."""
    octets = encode(m.LDAPMessage(1, m.SearchResultEntry("", attributes)))
    found = receive(octets)
    assert found is not None
    op = found[0].op
    assert isinstance(op, m.SearchResultEntry)
    assert isinstance(op.attributes, LazyAttributes)
    return op.attributes.raw


def by_parts(wanted: Wanted, raw: bytes) -> dict[str, list[bytes]] | None:
    """Each key as `Wanted` gives it; None where the whole has to be read."""
    found = {}
    for key in _KEYS:
        part = wanted.part(raw, key)
        if part is None:
            return None
        found[key] = list(part[key])
    return found


def whole(raw: bytes) -> dict[str, list[bytes]]:
    """Each key as reading the whole entry gives it."""
    found = collect(LazyAttributes(raw))
    return {key: found.get(key, []) for key in _KEYS}


def started() -> Wanted:
    """One whose first entry is over."""
    wanted = Wanted(str.lower)
    assert wanted.part(b"", "cn") is None
    return wanted


@given(st.lists(_LISTS, min_size=1, max_size=4))
def test_parts_equal_the_whole(lists: list[tuple[m.PartialAttribute, ...]]) -> None:
    """Whatever entries a search gives, in whatever order their attributes come."""
    wanted = started()
    for attributes in lists:
        raw = raw_of(attributes)
        found = by_parts(wanted, raw)
        assert found is None or found == whole(raw)


@given(_LISTS, st.data())
def test_nothing_is_understood_in_two_ways(
    attributes: tuple[m.PartialAttribute, ...], data: st.DataObject
) -> None:
    """Of damaged octets a part is what the whole has, wherever the whole is one."""
    octets = bytearray(raw_of(attributes))
    for _ in range(data.draw(st.integers(1, 3)) if octets else 0):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(_OCTET)
    raw = bytes(octets)
    found = by_parts(started(), raw)
    try:
        expected = whole(raw)
    except DecodeError:
        return
    assert found is None or found == expected


def test_usual_entries_are_read_by_parts() -> None:
    """Not the whole entry: otherwise all of this would be for nothing."""
    parts = (m.PartialAttribute("cn", (b"a", b"b")), m.PartialAttribute("uid", (b"c",)))
    assert by_parts(started(), raw_of(parts)) == {
        "cn": [b"a", b"b"],
        "sn": [],
        "uid": [b"c"],
        "missing": [],
    }


def test_a_value_that_looks_like_an_attribute() -> None:
    """Nothing is searched for: what stands in a value is a value."""
    spoof = raw_of((m.PartialAttribute("uid", (b"evil",)),))
    raw = raw_of(
        (m.PartialAttribute("sn", (spoof,)), m.PartialAttribute("uid", (b"good",)))
    )
    wanted = started()
    part = wanted.part(raw, "uid")
    assert part is not None
    assert part["uid"] == [b"good"]


def test_names_are_bounded() -> None:
    """A server that sends ever new names fills no memory."""
    wanted = started()
    for number in range(3 * Wanted.LARGEST):
        wanted.part(raw_of((m.PartialAttribute(f"a{number}", (b"x",)),)), "cn")
    assert len(wanted._plan.names) <= Wanted.LARGEST


@given(st.lists(_LISTS, max_size=5), st.sampled_from([1, 127, 128, 70_000]))
def test_a_row_of_entries(
    lists: list[tuple[m.PartialAttribute, ...]], message_id: int
) -> None:
    """Entries decoded in a row are those that `receive` decodes one by one."""
    entries = [m.SearchResultEntry(f"cn={n}", each) for n, each in enumerate(lists)]
    octets = b"".join(encode(m.LDAPMessage(message_id, each)) for each in entries)
    octets += encode(m.LDAPMessage(message_id, m.SearchResultDone()))
    done = m.LDAPMessage(message_id, m.SearchResultDone())
    more = encode(m.LDAPMessage(message_id % 7 + 1, m.SearchResultDone()))
    taken, found, last, end = receive_answers(octets + more, 0, max_size=1 << 20)
    assert taken == message_id
    assert found == entries
    assert last == done
    assert end == len(octets)


@given(_LISTS, st.data())
def test_a_row_stops_where_receive_would_object(
    attributes: tuple[m.PartialAttribute, ...], data: st.DataObject
) -> None:
    """What is taken from damaged octets is what `receive` takes from them too."""
    entry = m.SearchResultEntry("cn=x", attributes)
    octets = bytearray(encode(m.LDAPMessage(1, entry)) * 2)
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(_OCTET)
    buffer = bytes(octets)
    buffer += encode(m.LDAPMessage(1, m.SearchResultDone()))
    message_id, found, last, end = receive_answers(buffer, 0, max_size=1 << 20)
    position = 0
    for each in found:
        one = receive(buffer, position)
        assert one is not None
        message, position = one
        assert message.message_id == message_id
        op = message.op
        assert isinstance(op, m.SearchResultEntry)
        assert isinstance(op.attributes, LazyAttributes)
        assert isinstance(each.attributes, LazyAttributes)
        assert (op.object_name, op.attributes.raw) == (
            each.object_name,
            each.attributes.raw,
        )
        assert op.attributes.offset == each.attributes.offset
    if last is not None:
        assert receive(buffer, position) == (last, end)
    else:
        assert position == end


def test_a_row_ends_where_octets_are_missing() -> None:
    """A success whose controls were not read yet is no success without a word."""
    control = m.Control("1.2.840.113556.1.4.319", value=b"\x30\x00")
    entry = encode(m.LDAPMessage(5, m.SearchResultEntry("cn=x", ())))
    done = encode(m.LDAPMessage(5, m.SearchResultDone(), (control,)))
    for cut in range(len(done) + 1):
        found = receive_answers(entry + done[:cut], 0, max_size=1 << 20)
        assert found[2:] == (None, len(entry))
        assert len(found[1]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "30 0a ff 65 07 0a 01 00 04 00 04 00",
        "30 08 ff 64 05 04 01 61 30 00",
        "30 0c 02 01 00 65 07 0a 01 00 04 00 04 00",
        "30 0a 02 01 00 64 05 04 01 61 30 00",
        "30 09 64 07 04 01 61 30 02 30 00",
    ],
)
def test_a_row_has_an_id(text: str) -> None:
    """What begins with no message id is left to `receive`."""
    buffer = bytes.fromhex(text)
    assert receive_answers(buffer, 0, max_size=1 << 20) == (0, [], None, 0)


def test_a_row_keeps_the_limit() -> None:
    """An entry larger than is allowed is left to `receive`, which refuses it."""
    entry = m.SearchResultEntry("cn=x", (m.PartialAttribute("cn", (b"x" * 300,)),))
    octets = encode(m.LDAPMessage(1, entry))
    assert receive_answers(octets, 0, max_size=300) == (1, [], None, 0)
    assert receive_answers(octets, 0, max_size=400)[3] == len(octets)


def test_what_is_expected_is_read_along() -> None:
    """From the first entry on, and nothing else is."""
    wanted = Wanted(str.lower)
    wanted.expect("sn")
    wanted.expect("sn")
    raw = raw_of(
        (
            m.PartialAttribute("cn", (b"a",)),
            m.PartialAttribute("sn", (b"b", b"c")),
            m.PartialAttribute("uid", (b"d",)),
        )
    )
    assert wanted.part(raw, "sn") == {"sn": [b"b", b"c"]}
    wanted.expect("uid")
    assert wanted.part(raw, "sn") == {"sn": [b"b", b"c"], "uid": [b"d"]}
