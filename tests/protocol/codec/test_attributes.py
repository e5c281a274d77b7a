"""Attribute lists that wait, and what gathers them."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.codec import LazyAttributes, attributes, collect, fast, spec
from tests.protocol.codec.vectors import octets
from tests.strategies import partial_attributes

lists = st.lists(partial_attributes, max_size=6).map(tuple)


def lazy(values: tuple[m.PartialAttribute, ...]) -> LazyAttributes:
    """The list as it comes from the wire."""
    entry = m.SearchResultEntry("cn=x", values)
    found = fast.receive(fast.encode(m.LDAPMessage(1, entry)))
    assert found is not None
    assert isinstance(found[0].op, m.SearchResultEntry)
    assert isinstance(found[0].op.attributes, LazyAttributes)
    return found[0].op.attributes


@given(lists)
def test_it_is_the_tuple(values: tuple[m.PartialAttribute, ...]) -> None:
    """A waiting list equals the tuple both ways, and hashes, shows, counts like it."""
    assert lazy(values) == values
    assert values == lazy(values)
    assert lazy(values) == lazy(values)
    assert hash(lazy(values)) == hash(values)
    assert repr(lazy(values)) == repr(values)
    assert tuple(lazy(values)) == values
    assert len(lazy(values)) == len(values)
    assert list(reversed(lazy(values))) == list(reversed(values))
    assert lazy(values)[1:] == values[1:]
    assert [lazy(values)[index] for index in range(len(values))] == list(values)


def test_it_differs_where_the_tuple_does() -> None:
    """Other attributes, other types and lists are not equal."""
    one = (m.PartialAttribute("cn", (b"a",)),)
    assert lazy(one) != ()
    assert lazy(one) != (m.PartialAttribute("cn", (b"b",)),)
    assert lazy(one) != lazy((*one, *one))
    assert lazy(one) != list(one)
    assert lazy(one) != "cn"


def test_equal_lists_may_differ_in_octets() -> None:
    """Long-form lengths make other octets, not another list."""
    short = LazyAttributes(octets('30 06 04 02 "cn" 31 00'))
    long = LazyAttributes(octets('30 84 00 00 00 0a 04 02 "cn" 31 84 00 00 00 00'))
    assert short.raw != long.raw
    assert short == long
    assert hash(short) == hash(long)


def test_entries_compare() -> None:
    """An entry that was received equals, and hashes as, one that was decoded."""
    entry = m.SearchResultEntry("cn=x", (m.PartialAttribute("cn", (b"a",)),))
    encoded = codec.encode(m.LDAPMessage(1, entry))
    received, decoded = fast.receive(encoded), fast.decode(encoded)
    assert received is not None
    assert decoded is not None
    assert received[0].op == decoded[0].op == entry
    assert hash(received[0].op) == hash(entry)


@given(lists)
def test_copies_and_pickles(values: tuple[m.PartialAttribute, ...]) -> None:
    """Copies and pickles are equal, also inside a message and before any read."""
    waiting = lazy(values)
    assert copy.copy(waiting) == values
    assert copy.deepcopy([waiting]) == [values]
    assert pickle.loads(pickle.dumps(waiting)) == values
    message = m.LDAPMessage(1, m.SearchResultEntry("cn=x", waiting))
    assert pickle.loads(pickle.dumps(message)) == message


def test_a_secret_stays_hidden() -> None:
    """The text of a waiting list shows no password."""
    values = (m.PartialAttribute("userPassword", (b"hunter2",)),)
    assert "hunter2" not in repr(lazy(values))
    assert "hunter2" not in repr(m.SearchResultEntry("cn=x", lazy(values)))


def test_it_owns_its_octets() -> None:
    """What happens to the receive buffer afterwards does not matter."""
    values = (m.PartialAttribute("cn", (b"a", b"b")),)
    encoded = fast.encode(m.LDAPMessage(1, m.SearchResultEntry("cn=x", values)))
    buffer = bytearray(encoded)
    found = fast.receive(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    assert found is not None
    assert found[0].op == m.SearchResultEntry("cn=x", values)


BROKEN = octets('30 15 02 01 01 64 10 04 04 "cn=x" 30 08 30 06 04 02 "cn" 31 01')


def test_malformed_octets_wait_too() -> None:
    """What is wrong inside the list raises when it is read, at the same place."""
    with pytest.raises(DecodeError) as at_once:
        fast.decode(BROKEN)
    found = fast.receive(BROKEN)
    assert found is not None
    assert isinstance(found[0].op, m.SearchResultEntry)
    waiting = found[0].op.attributes
    for read in (len, list, hash, collect, lambda it: it == ()):
        with pytest.raises(DecodeError) as later:
            read(waiting)
        assert str(later.value) == str(at_once.value)


@pytest.mark.parametrize(
    "text",
    [
        "30",
        "30 00",
        "31 00",
        "30 80 00 00",
        "30 04 04 02",
        "30 04 04 00 31",
        "30 02 04 00",
        "30 04 04 08 31 00",
        "30 04 24 00 31 00",
        "30 04 04 00 30 00",
        "30 04 04 00 31 01",
        "30 06 04 00 31 02 04 01",
        "30 06 04 00 31 02 05 00",
        "30 07 04 00 31 03 04 81 01",
        "30 06 04 00 31 00 04 00",
        "30 05 04 00 31 00 9e",
        "30 04 04 00 31 00 30",
    ],
)
def test_malformed_lists(text: str) -> None:
    """Every way a list can be broken is found, and named within its octets."""
    raw = octets(text)
    with pytest.raises(DecodeError) as caught:
        len(LazyAttributes(raw, 100))
    assert caught.value.field.startswith("SearchResultEntry.attributes")
    assert 100 <= caught.value.offset <= 100 + len(raw)
    with pytest.raises(DecodeError) as again:
        collect(LazyAttributes(raw, 100))
    assert str(again.value) == str(caught.value)


def test_malformed_octets_can_be_shown() -> None:
    """A traceback or log that shows such an entry does not fail."""
    waiting = LazyAttributes(b"\x31\x00")
    assert "no attribute list" in repr(waiting)


@pytest.mark.parametrize(
    "text",
    [
        '30 14 02 01 01 64 0f 04 04 "cn=x" 30 08 30 06 04 02 "cn" 31',
        '30 15 02 01 01 64 10 04 04 "cn=x" 30 09 30 06 04 02 "cn" 31 00',
        '30 15 02 01 01 64 10 04 04 "cn=x" 31 08 30 06 04 02 "cn" 31 00',
        '30 15 02 01 01 64 10 24 04 "cn=x" 30 08 30 06 04 02 "cn" 31 00',
        '30 17 02 01 01 64 10 04 04 "cn=x" 30 08 30 06 04 02 "cn" 31 00 a0 01',
        '30 18 02 01 01 64 10 04 04 "cn=x" 30 08 30 06 04 02 "cn" 31 00 a0 01 00',
    ],
)
def test_framing_does_not_wait(text: str) -> None:
    """Name, list header and controls are judged when the message arrives."""
    with pytest.raises(DecodeError):
        fast.receive(octets(text))


# --- collect -------------------------------------------------------------------


def test_collect_merges() -> None:
    """Values of one attribute come together, in the order they came."""
    values = (
        m.PartialAttribute("mail", (b"a",)),
        m.PartialAttribute("CN;lang-de", (b"x",)),
        m.PartialAttribute("MAIL", (b"b", b"a")),
        m.PartialAttribute("cn"),
    )
    expected = {"mail": [b"a", b"b", b"a"], "cn;lang-de": [b"x"], "cn": []}
    assert collect(values) == expected
    assert collect(lazy(values)) == expected


@given(lists)
def test_collect_takes_both(values: tuple[m.PartialAttribute, ...]) -> None:
    """A waiting list and a tuple are gathered alike."""
    assert collect(lazy(values)) == collect(values)
    assert collect(values) == collect(list(values))


def test_collected_lists_belong_to_the_caller() -> None:
    """Changing one does not change the entry, nor what the next call gives."""
    for values in (
        (m.PartialAttribute("cn", (b"a",)),),
        lazy((m.PartialAttribute("cn", (b"a",)),)),
    ):
        collect(values)["cn"].append(b"b")
        assert collect(values) == {"cn": [b"a"]}


@given(st.binary(max_size=60))
def test_values_are_never_searched(value: bytes) -> None:
    """A value that holds what looks like an attribute stays a value."""
    inner = octets('30 0b 04 02 "cn" 31 05 04 03 "spy"')
    values = (m.PartialAttribute("description", (inner + value, inner)),)
    assert collect(lazy(values)) == {"description": [inner + value, inner]}


# --- names ---------------------------------------------------------------------


def test_names_are_shared() -> None:
    """A description that comes again is the same object."""
    values = (m.PartialAttribute("l" * 20, (b"a",)),)
    assert lazy(values)[0].type is lazy(values)[0].type


def test_the_table_of_names_is_bounded() -> None:
    """A server that invents names can not make the tables grow."""
    table = attributes.NAMES
    for number in range(2 * table.LARGEST):
        name = f"x-{number}".encode()
        assert table[name] == name.decode()
        assert len(table) <= table.LARGEST
    long = b"y" * (table.LONGEST + 1)
    assert table[long] == long.decode()
    assert long not in table


@given(
    st.lists(
        st.lists(st.sampled_from([b"", b"top", b"person", b"x" * 60]), max_size=4),
        min_size=2,
        max_size=4,
    ),
    st.data(),
)
def test_classes_that_were_met_before_read_alike(
    several: list[list[bytes]], data: st.DataObject
) -> None:
    """However often, and also where octets are not what they were."""
    for values in several * 2:
        classes = m.PartialAttribute("objectClass", tuple(values))
        entry = m.SearchResultEntry(
            "cn=x", (classes, m.PartialAttribute("cn", (b"a",)))
        )
        message = m.LDAPMessage(1, entry)
        raw = fast.encode(message)
        assert fast.decode(raw + b"\x30") == (message, len(raw))
        place = data.draw(st.integers(0, len(raw) - 1))
        wrong = bytearray(raw)
        wrong[place] ^= data.draw(st.sampled_from([1, 2, 0x80, 0xFF]))
        assert outcome(fast, bytes(wrong)) == outcome(spec, bytes(wrong))


def outcome(room: codec.Codec, raw: bytes) -> object:
    """What a codec makes of octets: a message, nothing, or the error's class."""
    try:
        return room.decode(raw)
    except DecodeError:
        return DecodeError


def test_the_classes_that_are_kept_are_bounded() -> None:
    """A server that sends ever new ones fills no memory."""
    kept = attributes._CLASSES
    for number in range(2 * kept.LARGEST):
        values = (b"top", b"%d" % number)
        raw = lazy((m.PartialAttribute("objectClass", values),)).raw
        for _ in range(2):
            found = attributes.attributes(raw, 0, len(raw))
            assert found == (m.PartialAttribute("objectClass", values),)
    assert 0 < len(kept) <= kept.LARGEST
