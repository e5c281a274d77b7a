"""Ranges are completed: all values once, whatever the server does meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import InsufficientAccessRights, RemoteProtocolError, ResultCode
from ldapom.filters import Present
from ldapom.protocol import messages as m
from ldapom.protocol.codec import encode
from ldapom.protocol.codec.attributes import LazyAttributes, collect
from ldapom.protocol.codec.fast.decode import receive
from ldapom.protocol.engine import Engine
from ldapom.protocol.flows import ranges
from ldapom.protocol.flows.search import SearchCursor
from ldapom.testing.ranges import Ranges
from tests.protocol.flows.test_flows import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DN = "cn=g,dc=example"
DONE = m.SearchResultDone()


def entry(*attributes: tuple[str, Iterable[int]]) -> m.SearchResultEntry:
    """An entry with values that are numbers."""
    return m.SearchResultEntry(
        DN,
        [
            m.PartialAttribute(name, [b"%d" % value for value in values])
            for name, values in attributes
        ],
    )


def search(
    *replies: list[m.ProtocolOp],
    attributes: Sequence[str] = (),
    controls: Sequence[m.Control] = (),
    whole: bool = False,
) -> tuple[dict[str, list[bytes]], list[m.SearchRequest]]:
    """What one search makes of these replies, and the searches behind it."""
    talk = Conversation(*replies)
    request = m.SearchRequest("", m.Scope.sub, Present("a"), attributes)
    cursor = SearchCursor(talk.engine, request, controls=controls, whole=whole)
    (found,) = talk.run(cursor.fetch())
    _, *more = talk.sent
    assert all(isinstance(op, m.SearchRequest) for op in more)
    return collect(found.attributes), [
        op for op in more if isinstance(op, m.SearchRequest)
    ]


def numbers(found: dict[str, list[bytes]], name: str = "member") -> list[int]:
    """The values as numbers."""
    return [int(value) for value in found[name]]


def test_all_values_once() -> None:
    """The empty attribute beside the range goes; the rest is asked for by its number."""
    found, asked = search(
        [entry(("cn", [7]), ("member", []), ("member;range=0-2", range(3))), DONE],
        [entry(("member;range=3-5", range(3, 6))), DONE],
        [entry(("member;range=6-*", [6])), DONE],
    )
    assert numbers(found) == list(range(7))
    assert set(found) == {"cn", "member"}
    assert [op.attributes for op in asked] == [
        ("member;range=3-*",),
        ("member;range=6-*",),
    ]
    assert {(op.base_object, op.scope) for op in asked} == {(DN, m.Scope.base)}


@pytest.mark.parametrize("turned", [False, True])
def test_a_last_answer_with_both_ranges(turned: bool) -> None:
    """The one that ends with ``*`` counts, in whichever order they come."""
    both = [("member;range=2-3", [2, 3]), ("member;range=2-*", [2, 3])]
    last = entry(*(reversed(both) if turned else both))
    found, _ = search([entry(("member;range=0-1", [0, 1])), DONE], [last, DONE])
    assert numbers(found) == [0, 1, 2, 3]


def test_other_options_stay() -> None:
    """``;binary`` and a language stay with the attribute, and with what is asked."""
    found, asked = search(
        [entry(("cert;binary;range=0-0", [1]), ("name;range=0-0;lang-de", [2])), DONE],
        [entry(("cert;binary;range=1-*", [3])), DONE],
        [entry(("name;lang-de;range=1-*", [4])), DONE],
    )
    assert numbers(found, "cert;binary") == [1, 3]
    assert numbers(found, "name;lang-de") == [2, 4]
    assert [op.attributes for op in asked] == [
        ("cert;binary;range=1-*",),
        ("name;lang-de;range=1-*",),
    ]


def test_a_group_that_is_emptied_meanwhile() -> None:
    """It is read from its start again, and has no values then."""
    found, asked = search(
        [entry(("cn", [7]), ("member;range=0-1", [0, 1])), DONE],
        [entry(), DONE],
        [entry(), DONE],
    )
    assert found == {"cn": [b"7"]}
    assert [op.attributes[0] for op in asked] == [
        "member;range=2-*",
        "member;range=0-*",
    ]


def test_a_group_that_shrinks_meanwhile() -> None:
    """It is read from its start again: no value that has gone is among them."""
    found, _ = search(
        [entry(("member;range=0-1", [0, 1])), DONE],
        [entry(), DONE],
        [entry(("member;range=0-*", [1])), DONE],
    )
    assert numbers(found) == [1]


def test_a_group_that_never_holds_still() -> None:
    """After some tries it stays as it came: a part, which says that it is one."""
    shrunk: list[m.ProtocolOp] = [entry(), DONE]
    again: list[m.ProtocolOp] = [entry(("member;range=0-1", [0, 1])), DONE]
    replies: list[list[m.ProtocolOp]] = [
        again,
        *[shrunk, again] * ranges.MAX_RESTARTS,
        shrunk,
    ]
    found, _ = search(*replies)
    assert found == {"member;range=0-1": [b"0", b"1"]}


def test_an_entry_that_is_gone_meanwhile() -> None:
    """It stays as it came; a part is never taken for the whole."""
    gone = m.SearchResultDone(ResultCode.noSuchObject)
    found, _ = search([entry(("member;range=0-1", [0, 1])), DONE], [gone])
    assert found == {"member;range=0-1": [b"0", b"1"]}


def test_a_refusal_is_raised() -> None:
    """What else goes wrong is no silent half."""
    refused = m.SearchResultDone(ResultCode.insufficientAccessRights)
    with pytest.raises(InsufficientAccessRights):
        search([entry(("member;range=0-1", [0, 1])), DONE], [refused])


@pytest.mark.parametrize(
    "name", ["member;range=0-1", "member;range=3-4", "member;range=2-1"]
)
def test_another_range_than_asked_for(name: str) -> None:
    """A server that sends other values than asked for is not believed."""
    with pytest.raises(RemoteProtocolError, match="the values from 2 on"):
        search(
            [entry(("member;range=0-1", [0, 1])), DONE],
            [entry((name, [5, 6])), DONE],
        )


def test_ranges_that_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit, whatever the numbers say."""
    monkeypatch.setattr(ranges, "MAX_RANGES", 5)
    replies: list[list[m.ProtocolOp]]
    replies = [[entry((f"member;range={n}-{n}", [n])), DONE] for n in range(7)]
    with pytest.raises(RemoteProtocolError, match="never end"):
        search(*replies)


def test_what_was_asked_for_by_number() -> None:
    """It stays as it came, unless everything is to be whole."""
    first: list[m.ProtocolOp] = [entry(("member;range=0-1", [0, 1])), DONE]
    asked = ["cn", "member;range=0-1"]
    found, more = search(first, attributes=asked)
    assert (found, more) == ({"member;range=0-1": [b"0", b"1"]}, [])
    rest: list[m.ProtocolOp] = [entry(("member;range=2-*", [2])), DONE]
    assert numbers(search(first, rest, attributes=asked, whole=True)[0]) == [0, 1, 2]
    # "Everything from 0 on" is the whole.
    found, _ = search(first, rest, attributes=["member;range=0-*"])
    assert numbers(found) == [0, 1, 2]


def test_a_range_from_elsewhere() -> None:
    """One that does not begin at the start was asked for as it is."""
    found, more = search([entry(("member;range=5-6", [5, 6])), DONE])
    assert (set(found), more) == ({"member;range=5-6"}, [])


def test_controls_go_with_it() -> None:
    """Those that show the entry do; DirSync's ranges mean something else."""
    shows, pages = (
        m.Control("1.2.840.113556.1.4.417"),
        m.Control("2.16.840.1.113730.3.4.9"),
    )
    talk = Conversation(
        [entry(("member;range=0-0", [0])), DONE],
        [entry(("member;range=1-*", [1])), DONE],
    )
    sent: list[tuple[m.Control, ...]] = []
    send = talk.engine.send

    def noted(op: m.ProtocolOp, controls: Sequence[m.Control] = ()) -> int:
        sent.append(tuple(controls))
        return send(op, controls)

    talk.engine.send = noted  # type: ignore[method-assign]  # to look at the controls
    request = m.SearchRequest("", m.Scope.sub, Present("a"))
    talk.run(SearchCursor(talk.engine, request, controls=(shows, pages)).fetch())
    assert sent == [(shows, pages), (shows,)]
    dirsync = m.Control("1.2.840.113556.1.4.841", True, b"0")
    first: list[m.ProtocolOp] = [
        entry(("member;range=1-1", [0]), ("member;range=0-0", [1])),
        DONE,
    ]
    found, more = search(first, controls=[dirsync])
    assert (set(found), more) == ({"member;range=1-1", "member;range=0-0"}, [])


def test_a_value_that_looks_like_a_range() -> None:
    """Only descriptions count."""
    engine = Engine()
    value = m.SearchResultEntry(DN, [m.PartialAttribute("cn", [b"member;range=0-1"])])
    assert ranges.has_hint([value]) is False
    talk = Conversation([value, DONE])
    request = m.SearchRequest("", m.Scope.sub, Present("a"))
    (found,) = talk.run(SearchCursor(talk.engine, request).fetch())
    assert collect(found.attributes) == {"cn": [b"member;range=0-1"]}
    assert engine.idle


@pytest.mark.parametrize("name", ["member;range=0-1", "member;RANGE=0-1", "member;x"])
@pytest.mark.parametrize("before", [0, 40, 4000])
@pytest.mark.parametrize("size", [10, 300, 5000])
def test_a_range_in_a_large_entry(name: str, before: int, size: int) -> None:
    """It is seen behind long values and behind many short ones; values do not count."""
    value = (b";range=0-1" + bytes(size))[:size]
    parts = [m.PartialAttribute(f"a{number}", [value]) for number in range(before)]
    parts.append(m.PartialAttribute(name, [b"x"]))
    parts.append(m.PartialAttribute("photo", [bytes(size)]))
    sent = received(m.SearchResultEntry(DN, parts))
    expected = "range" in name.lower()
    assert ranges.has_hint([sent]) is (expected or (before > 0 and size < 300))


def test_a_large_entry_that_is_none() -> None:
    """Whatever the octets are, it comes to an end, and whoever reads them judges."""
    for raw in (b";" + b"0" * 5000, b"0\x00" * 3000 + b";", b"0\x84;;;;" * 900):
        lazy = LazyAttributes(raw)
        assert ranges.has_hint([m.SearchResultEntry(DN, lazy)]) is False


def received(sent: m.SearchResultEntry) -> m.SearchResultEntry:
    """The same as it arrives."""
    found = receive(encode(m.LDAPMessage(1, sent)))
    assert found is not None
    assert isinstance(found[0].op, m.SearchResultEntry)
    return found[0].op


def serve(limit: int, values: Sequence[bytes]) -> Callable[[str], m.SearchResultEntry]:
    """A server with ranges, as the box makes them."""

    def answer(attribute: str) -> m.SearchResultEntry:
        made = Ranges(limit, [attribute] if attribute else [])
        return m.SearchResultEntry(DN, tuple(made.of("member", tuple(values))))

    return answer


@given(st.integers(1, 9), st.integers(0, 60))
def test_any_number_of_values(limit: int, count: int) -> None:
    """All of them come, each once, in their order."""
    values = [b"%d" % number for number in range(count)]
    answer = serve(limit, values)
    engine = Engine()
    request = m.SearchRequest("", m.Scope.sub, Present("a"))
    flow = SearchCursor(engine, request).fetch()
    wish, attribute = next(flow), ""
    try:
        while True:
            number = wish.message_id  # type: ignore[union-attr]  # it waits for a message
            for op in (answer(attribute), DONE):
                engine.receive_data(engine.codec.encode(m.LDAPMessage(number, op)))
            engine.data_to_send()
            wish = flow.send(engine.take(number))
            sent = engine._outstanding[wish.message_id].op  # type: ignore[union-attr]  # so does this
            assert isinstance(sent, m.SearchRequest)
            (attribute,) = sent.attributes
    except StopIteration as stop:
        (found,) = stop.value
    assert collect(found.attributes).get("member", []) == values
