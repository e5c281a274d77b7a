"""What was learnt from entries before says nothing else than the octets themselves."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError
from ldapom.protocol import messages as m
from ldapom.protocol.codec import Codec, fast, spec
from ldapom.protocol.codec import attributes as walk
from ldapom.protocol.codec.order import Target
from ldapom.protocol.codec.wanted import Model, Part, Wanted
from tests.protocol.codec.test_wanted import raw_of
from tests.protocol.codec.vectors import octets

_KEYS: Final = ("cn", "mail", "uid", "missing")
_NAMES: Final = st.sampled_from(["cn", "CN", "mail", "uid", "sn", "cn;lang-de", "é"])
#: Lengths around those at which a header grows, and what looks like an attribute.
_VALUE: Final = st.one_of(
    st.binary(max_size=6),
    st.integers(110, 135).map(lambda size: b"x" * size),
    st.sampled_from(
        [
            octets('30 09 04 03 "uid" 31 02 04 00'),
            octets('04 03 "uid" 31 03 04 01 "x"'),
            octets('30 0c 04 02 "cn" 31 06 04 04 "evil"'),
            bytes(300),
        ]
    ),
)
_LISTS: Final = st.lists(
    st.builds(m.PartialAttribute, _NAMES, st.lists(_VALUE, max_size=4).map(tuple)),
    max_size=6,
).map(tuple)
#: What has a meaning in a list of attributes, and a little of what has none.
_OCTET: Final = st.sampled_from(
    [0x30, 0x31, 0x04, 0x00, 0x01, 0x02, 0x06, 0x7F, 0x80, 0x81, 0x84, 0x89, 0xFF]
)


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """Octets of which one is another, or some are missing, or twice there."""
    place = draw(st.integers(0, max(0, len(raw) - 1)))
    how = draw(st.sampled_from(["as it is", "other", "cut", "missing", "twice"]))
    tail = raw[place + 1 :]
    return {
        "as it is": raw,
        "other": raw[:place] + bytes((draw(_OCTET),)) + tail,
        "cut": raw[:place],
        "missing": raw[:place] + tail,
        "twice": raw[:place] + raw[place : place + 1] * 2 + tail,
    }[how]


class Held(list[object]):
    """What several values become."""

    _state: object


class Texts:
    """A model whose attributes are text; ``uid`` has one value."""

    def target(self, key: str) -> Target | None:
        """Where values of an attribute go."""
        return Target(f"its {key}", key, bytes.decode, None if key == "uid" else Held)


class MayLack:
    """The same where no value is no mistake."""

    def target(self, key: str) -> Target:
        """Where values of an attribute go."""
        target = TEXTS.target(key)
        assert target is not None
        return target._replace(may_lack=True)


TEXTS: Final = Texts()
MAY_LACK: Final = MayLack()


def learning(sent: frozenset[str] | None = None) -> Wanted:
    """What is read of a search in which all of `_KEYS` were asked for."""
    wanted = Wanted(str.lower, sent)
    assert wanted.part(b"", "cn") is None
    for key in _KEYS:
        wanted.part(b"", key)
    return wanted


def read(
    wanted: Wanted, raw: bytes, model: Model = TEXTS
) -> tuple[dict[str, object], Part] | None:
    """What is decoded of an entry, and what is left; None for the whole entry."""
    found: dict[str, object] = {}
    owner = object()
    left = wanted.read(raw, "cn", model, owner, found)
    for value in found.values():
        assert not isinstance(value, Held) or value._state is owner
    return None if left is None else (found, left)


def slowly(raw: bytes) -> list[tuple[bytes, list[bytes]]] | tuple[str | None, int]:
    """The attributes without what was learnt; else where the mistake is."""
    try:
        return walk._slowly(raw, 0, len(raw), "list")
    except DecodeError as error:
        return error.field, error.offset


def quickly(raw: bytes) -> list[tuple[bytes, list[bytes]]] | tuple[str | None, int]:
    """The same with it."""
    try:
        return walk.pairs(raw, 0, len(raw), "list")
    except DecodeError as error:
        return error.field, error.offset


@given(_LISTS, st.data())
def test_a_list_is_what_it_is_without_what_was_learnt(
    several: tuple[m.PartialAttribute, ...], data: st.DataObject
) -> None:
    """Sound or damaged, after the same list and lists like it: also the mistakes."""
    sound = raw_of(several)
    assert quickly(sound) == slowly(sound)
    raw = data.draw(damaged(sound))
    expected = slowly(raw)
    assert quickly(raw) == expected
    try:
        made = walk.attributes(raw, 0, len(raw), "list")
    except DecodeError as error:
        assert (error.field, error.offset) == expected
    else:
        assert [
            (one.type.encode("utf-8", "surrogateescape"), list(one.values))
            for one in made
        ] == expected


@given(_LISTS, st.data())
def test_a_message_is_what_the_other_codec_reads(
    several: tuple[m.PartialAttribute, ...], data: st.DataObject
) -> None:
    """An entry's message that follows a sound one like it, whatever became of it."""
    message = m.LDAPMessage(
        data.draw(st.sampled_from([1, 127, 128, 70_000])),
        m.SearchResultEntry("cn=é", several),
    )
    sound = fast.encode(message)
    assert fast.decode(b"?" + sound + b"?", 1) == (message, 1 + len(sound))
    raw = data.draw(damaged(sound))
    assert judged(fast, raw) == judged(spec, raw)


def test_each_octet_counts() -> None:
    """Cut at each octet, or with another octet anywhere, a list is what it says."""
    raw = raw_of(
        (
            m.PartialAttribute("cn", (b"a", b"bc")),
            m.PartialAttribute("mail", (b"x" * 5,)),
            m.PartialAttribute("sn", ()),
        )
    )
    assert quickly(raw) == slowly(raw)
    for place, octet in enumerate(raw):
        assert quickly(raw[:place]) == slowly(raw[:place])
        for other in {*range(0, 256, 5), octet ^ 1, octet ^ 0x80, 0x30, 0x31, 0x04}:
            changed = raw[:place] + bytes((other,)) + raw[place + 1 :]
            assert quickly(changed) == slowly(changed)


def judged(codec: Codec, octets: bytes) -> object:
    """The message and where it ends, or a word for a refusal."""
    try:
        return codec.decode(octets)
    except DecodeError:
        return "refused"


@pytest.mark.parametrize(
    "text",
    [
        '30 14 02 01 05 64 0f 04 02 "cn" 30 09 30 07 04 02 "cn" 31 01 04',
        '30 16 02 01 05 64 11 04 02 "cn" 30 0b 30 09 04 02 "cn" 31 03 04 01 "a"',
        '30 19 02 04 01 02 03 04 64 11 04 02 "cn" 30 0b 30 09 04 02 "cn" 31 03 04 01 "a"',
        '30 1a 02 05 01 02 03 04 05 64 11 04 02 "cn" 30 0b 30 09 04 02 "cn" 31 03 04 01 "a"',
        '30 18 02 01 05 64 13 04 02 "cn" 30 0b 30 09 04 02 "cn" 31 03 04 01 "a" 85 00',
        '30 18 02 01 05 64 11 04 02 "cn" 30 0b 30 09 04 02 "cn" 31 03 04 01 "a" a0 00',
        '30 18 02 01 05 64 11 04 02 "cn" 30 0d 30 09 04 02 "cn" 31 03 04 01 "a" a0 00',
        '30 0b 02 01 00 64 06 04 02 "cn" 30 00',
    ],
)
def test_each_octet_of_a_message_counts(text: str) -> None:
    """With another octet anywhere both codecs read the same message, or refuse."""
    message = octets(text)
    assert judged(fast, message) == judged(spec, message)
    for place, octet in enumerate(message):
        for other in {octet + 1, octet - 1, octet ^ 0x80, octet + 2, 0x80, 0x81, 0xFF}:
            changed = message[:place] + bytes((other & 0xFF,)) + message[place + 1 :]
            assert judged(fast, changed) == judged(spec, changed)


def test_the_limit_is_that_of_the_whole_message() -> None:
    """An entry one octet longer than is allowed is refused, though it is usual."""
    message = m.LDAPMessage(1, m.SearchResultEntry("cn=x", ()))
    raw = fast.encode(message)
    assert fast.decode(raw, max_size=len(raw)) == (message, len(raw))
    with pytest.raises(DecodeError, match="limit"):
        fast.decode(raw, max_size=len(raw) - 1)


@pytest.mark.parametrize(
    "text",
    [
        '30 80 04 02 "cn" 31 03 04 01 "a" 00 00',
        '30 09 04 02 "cn" 31 80 04 01 "a"',
        '30 09 04 80 "cn" 31 03 04 01 "a"',
        '30 09 04 02 "cn" 31 03 04 80 "a"',
        '30 81 09 04 02 "cn" 31 03 04 01 "a"',
        '30 0a 04 02 "cn" 31 81 03 04 01 "a"',
        '30 0a 04 02 "cn" 31 04 04 81 01 "a"',
        '30 0b 04 02 "cn" 31 05 04 01 "a" 04 00',
        '30 0b 04 02 "cn" 31 05 04 00 04 01 "a"',
        '30 0c 04 02 "cn" 31 06 04 01 "a" 04 81 00',
        '30 0c 04 02 "cn" 31 06 04 01 "a" 30 01 "a"',
        '30 0b 04 02 "cn" 31 03 04 01 "a" 85 00',
        '30 0e 04 02 "cn" 31 06 04 01 "a" 04 01 "b" 85 00',
        '30 0c 04 03 "uid" 31 03 04 01 "a" 85 00',
        '30 06 04 02 "cn" 31 00',
        '30 04 04 02 "cn"',
    ],
)
def test_unusual_lengths(text: str) -> None:
    """Long and indefinite ones, and no values, between entries as they usually are."""
    usual = octets('30 09 04 02 "cn" 31 03 04 01 "a" 30 0a 04 03 "uid" 31 03 04 01 "b"')
    unusual = octets(text)
    wanted = learning()
    for raw in (usual, unusual, unusual, usual + unusual, unusual + usual, usual):
        assert quickly(raw) == slowly(raw)
        check(wanted, raw)


def is_row(raw: bytes) -> bool:
    """Whether octets are elements that follow each other to the end."""
    pos = 0
    while pos + 1 < len(raw) and raw[pos] == 0x30:
        size = raw[pos + 1] & 0x7F if raw[pos + 1] > 0x7F else 0
        start = pos + 2 + size
        pos = start + (int.from_bytes(raw[pos + 2 : start]) if size else raw[pos + 1])
    return pos == len(raw)


def check(wanted: Wanted, raw: bytes) -> None:
    """What a search reads of an entry is what reading the whole of it gives."""
    found = read(wanted, raw)
    expected = slowly(raw)
    if found is None:
        return
    if isinstance(expected, tuple):
        # An attribute that nobody reads is not looked into; but where it ends counts.
        assert is_row(raw)
        return
    decoded, left = found
    for key in _KEYS:
        values: list[bytes] = []
        for name, own in expected:
            if name.lower() == key.encode():
                values += own
        if key in left:
            assert f"its {key}" not in decoded
            assert list(left[key]) == values
        else:
            value = decoded[f"its {key}"]
            given_ = [value] if key == "uid" else value
            assert given_ == [each.decode() for each in values]


@given(
    st.lists(_LISTS, min_size=1, max_size=3),
    st.lists(st.integers(0, 2), min_size=6, max_size=12),
    st.data(),
)
def test_an_entry_is_read_as_if_it_were_the_first(
    shapes: list[tuple[m.PartialAttribute, ...]], turns: list[int], data: st.DataObject
) -> None:
    """However many like it, or unlike it, came before, and whatever became of it."""
    wanted = learning()
    for turn in turns:
        several = tuple(
            m.PartialAttribute(one.type, (data.draw(_VALUE), *one.values[1:]))
            if data.draw(st.booleans())
            else one
            for one in shapes[turn % len(shapes)]
        )
        check(wanted, data.draw(damaged(raw_of(several))))


@pytest.mark.parametrize("seed", range(4))
def test_entries_without_any_order_are_read_along_too(seed: int) -> None:
    """Where what comes next can not be guessed, nothing is guessed any more."""
    random = Random(seed)
    decoded, raw_values = learning(), learning()
    several = [m.PartialAttribute(f"a{number}", (b"x",)) for number in range(12)]
    several.append(m.PartialAttribute("cn", (b"a", b"b")))
    several.append(m.PartialAttribute("uid", (b"c",)))
    for _ in range(60):
        random.shuffle(several)
        raw = raw_of(tuple(several))
        expected = {"its cn": ["a", "b"], "its uid": "c"}, {"mail": (), "missing": ()}
        assert read(decoded, raw) == expected
        assert raw_values.part(raw, "cn") == {
            "cn": [b"a", b"b"],
            "mail": (),
            "uid": [b"c"],
            "missing": (),
        }
    assert decoded._plan.credit < 0
    assert raw_values._plan.credit < 0
    for _ in range(20):
        random.shuffle(several)
        damage = bytearray(raw_of(tuple(several)))
        damage[random.randrange(len(damage))] = random.randrange(256)
        check(decoded, bytes(damage))
    twice = raw_of((*several, several[0], m.PartialAttribute("UID", (b"d",))))
    assert read(decoded, twice) is None
    assert raw_values.part(twice, "cn") is None
    for cut in range(1, len(twice)):
        check(decoded, twice[:cut])
        check(decoded, twice[cut:])


def test_what_is_usual_is_read_along() -> None:
    """One value, several, and an attribute that comes and goes, from the first on."""
    wanted = learning()
    for number in range(20):
        name = b"%d" % number
        parts = [m.PartialAttribute("cn", (name, b"n"))]
        if number % 3:
            parts.append(m.PartialAttribute("sn", (name * 9,)))
        parts.append(m.PartialAttribute("uid", (name,)))
        assert read(wanted, raw_of(tuple(parts))) == (
            {"its cn": [str(number), "n"], "its uid": str(number)},
            {"mail": (), "missing": ()},
        )


def test_what_does_not_come_is_read_along_too() -> None:
    """As nothing, of its own for each entry; what was not asked for is left to tell."""
    raw = raw_of((m.PartialAttribute("cn", (b"a",)),))
    asked = frozenset({"cn", "mail", "uid"})
    for wanted, left in (
        (learning(), {}),
        (learning(asked), {"missing": ()}),
        (learning(frozenset()), {"mail": (), "missing": (), "uid": ()}),
    ):
        found = read(wanted, raw, MAY_LACK)
        assert found is not None
        assert found[1] == left
        expected = {"its cn": ["a"], "its mail": [], "its uid": None, "its missing": []}
        assert found[0] == {
            name: value
            for name, value in expected.items()
            if name.removeprefix("its ") not in left
        }
        again = read(wanted, raw, MAY_LACK)
        assert again is not None
        assert again[0]["its cn"] is not found[0]["its cn"]


def test_what_may_have_come_in_parts_is_left_to_tell() -> None:
    """One range of its values is not nothing."""
    raw = raw_of((m.PartialAttribute("mail;range=0-1", (b"a", b"b")),))
    found = read(learning(), raw, MAY_LACK)
    assert found == ({}, dict.fromkeys(_KEYS, ()))


def test_long_ones_are_read_along() -> None:
    """Several octets of a length, the same for some and others for others."""
    wanted = learning()
    for size in (127, 200, 200, 255, 256, 300, 300, 70_000, 200, 70_000, 0):
        for count in (1, 2):
            several = tuple(
                m.PartialAttribute(name, (b"x" * size,) * count)
                for name in ("sn", "cn", "mail")
            )
            check(wanted, raw_of(several))
            assert read(wanted, raw_of(several)) is not None


def test_a_repeated_attribute_is_not_read_along() -> None:
    """In any spelling: its values belong together."""
    wanted = learning()
    one = m.PartialAttribute("cn", (b"a",))
    assert read(wanted, raw_of((one,))) is not None
    for other in (b"b", b"\xff"):
        for name in ("cn", "CN"):
            twice = (one, m.PartialAttribute(name, (other,)))
            assert read(wanted, raw_of(twice)) is None
            assert read(wanted, raw_of(twice[::-1])) is None
    assert read(wanted, raw_of((one,))) is not None


def test_a_value_that_looks_like_what_comes_next() -> None:
    """Nothing is searched for: what stands in a value is a value."""
    evil = raw_of((m.PartialAttribute("uid", (b"evil",)),))
    good = m.PartialAttribute("uid", (b"good",))
    wanted = learning()
    for value in (b"x" * len(evil), evil, evil[2:], evil * 2):
        for _ in range(3):
            raw = raw_of((m.PartialAttribute("sn", (value,)), good))
            found = read(wanted, raw)
            assert found is not None
            assert found[0] == {"its uid": "good"}


def test_what_is_learnt_is_bounded() -> None:
    """A server that sends ever new names and lengths fills no memory."""
    wanted = learning()
    for number in range(walk._Headers.LARGEST + 100):
        name, value = f"a{number}", bytes(number % 100)
        raw = raw_of((m.PartialAttribute(name, (value,)),))
        assert quickly(raw) == [(name.encode(), [value])]
        read(wanted, raw)
    assert 0 < len(walk._HEADERS) <= walk._Headers.LARGEST
    assert len(wanted._plan.nodes) <= Wanted.LARGEST
    for size in range(1000):
        raw = raw_of((m.PartialAttribute("cn", (bytes(size),)),))
        assert read(wanted, raw) is None or size > 0
    nodes = [*wanted._plan.nodes.values(), *wanted._plan.long.values()]
    assert max(len(node.lengths) for node in nodes) <= 128
    long = "a" * 500
    assert quickly(raw_of((m.PartialAttribute(long, (b"x",)),))) != []
    assert all(len(header) <= walk._Headers.LONGEST for header in walk._HEADERS)


@given(
    st.text("abc", min_size=1, max_size=3) | st.sampled_from(["é" * 40, "x" * 130]),
    st.lists(st.integers(0, 260).map(bytes), max_size=2).map(tuple),
)
def test_headers_that_are_kept_are_written_again(
    name: str, values: tuple[bytes, ...]
) -> None:
    """Names and values of any length are written as the other codec writes them."""
    several = (m.PartialAttribute(name, values), m.PartialAttribute(name, (b"x", b"")))
    message = m.LDAPMessage(1, m.SearchResultEntry("", several))
    assert fast.encode(message) == fast.encode(message) == spec.encode(message)
