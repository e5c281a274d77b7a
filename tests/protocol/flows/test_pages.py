"""Paged searches against any server that keeps to RFC 2696, cut at any octet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import Canceled, DecodeError, Other, ResultCode
from ldapom.filters import Present
from ldapom.protocol import messages as m
from ldapom.protocol.codec import Codec, decode, encode, select
from ldapom.protocol.controls import PagedResults, find
from ldapom.protocol.engine import Engine
from ldapom.protocol.extended import CANCEL
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.flows.steps import Flow, Receive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    R = TypeVar("R")

SIZE = 3
#: Names by page; a server may send pages that are not full, and empty ones.
PAGES = st.lists(st.integers(0, SIZE), min_size=1, max_size=5).map(
    lambda counts: [
        [f"cn={page}-{n}" for n in range(c)] for page, c in enumerate(counts)
    ]
)


@define
class Paging:
    """A server of pages, and the wire to it.

    Attributes:
        pages: What it has.
        end: The end of the last page, and its controls.
        cuts: After how many octets the wire stops for a moment, again and again.
        codec: The client's.
    """

    pages: list[list[str]]
    end: tuple[m.SearchResultDone, tuple[m.Control, ...]]
    cuts: list[int]
    codec: Codec
    engine: Engine = field(init=False)
    given_back: list[bytes] = field(factory=list)
    _wire: bytes = b""
    _arrived: int = 0
    #: Where pages end on the wire, and with which cookies.
    _ends: list[tuple[int, bytes]] = field(factory=list)
    _turn: int = 0

    def __attrs_post_init__(self) -> None:
        self.engine = Engine(codec=self.codec)

    def run(self, flow: Flow[R]) -> R:
        """Grant what a flow wishes."""
        try:
            wish = next(flow)
            while True:
                self.listen()
                came: Sequence[m.LDAPMessage] = ()
                while isinstance(wish, Receive) and not came:
                    came = self.engine.take(wish.message_id)
                    if not came:
                        assert self._wire, "nothing comes of what is waited for"
                        self.trickle()
                wish = flow.send(came)
        except StopIteration as stop:
            result: R = stop.value
            return result
        finally:
            flow.close()
            self.listen()

    @property
    def known(self) -> bytes:
        """The newest cookie that has reached the client."""
        found = [cookie for end, cookie in self._ends if end <= self._arrived]
        return found[-1] if found else b""

    def trickle(self) -> None:
        """Let some octets reach the client."""
        cut = self.cuts[self._turn % len(self.cuts)]
        self._turn += 1
        some, self._wire = self._wire[:cut], self._wire[cut:]
        self._arrived += len(some)
        self.engine.receive_data(some)

    def listen(self) -> None:
        """Have the server take what was sent, and answer."""
        data, position = self.engine.data_to_send(), 0
        while (found := decode(data, position)) is not None:
            message, position = found
            self._answer(message)

    def _answer(self, message: m.LDAPMessage) -> None:
        page = find(message.controls, PagedResults)
        if isinstance(message.op, m.ExtendedRequest):
            assert message.op.name == CANCEL
            self._say(message, m.ExtendedResponse(ResultCode.tooLate))
        elif page is None:
            assert isinstance(message.op, m.AbandonRequest)
        elif not page.size:
            self.given_back.append(page.cookie)
            self._say(message, m.SearchResultDone())
        else:
            assert page.size == SIZE
            self._page(message, int(page.cookie or b"0"))

    def _page(self, message: m.LDAPMessage, number: int) -> None:
        for name in self.pages[number]:
            self._say(message, m.SearchResultEntry(name))
        cookie = b""
        if number == len(self.pages) - 1:
            self._say(message, self.end[0], self.end[1])
        else:
            cookie = str(number + 1).encode()
            control = PagedResults(0, cookie).control()
            self._say(message, m.SearchResultDone(), (control,))
        self._ends.append((self._arrived + len(self._wire), cookie))

    def _say(
        self,
        message: m.LDAPMessage,
        op: m.ProtocolOp,
        controls: tuple[m.Control, ...] = (),
    ) -> None:
        self._wire += encode(m.LDAPMessage(message.message_id, op, controls))


def cursor(server: Paging, limit: int = 0) -> SearchCursor:
    """A paged search."""
    request = m.SearchRequest("dc=x", m.Scope.sub, Present("cn"), size_limit=limit)
    return SearchCursor(server.engine, request, page_size=SIZE)


def names(batch: list[m.SearchResultEntry]) -> list[str]:
    """What a batch has found."""
    return [entry.object_name for entry in batch]


DONE = (m.SearchResultDone(), (PagedResults(0, b"").control(),))
#: Ways to end that are errors, and what is raised behind the last entry.
ENDS = {
    "refused": ((m.SearchResultDone(ResultCode.other), ()), Other),
    "no control": (
        (m.SearchResultDone(), (m.Control(PagedResults.OID, False, b"no"),)),
        DecodeError,
    ),
}
CUTS = st.lists(st.integers(1, 90), min_size=1, max_size=6)
CODECS = pytest.mark.parametrize(
    "codec", [select("fast"), select("spec")], ids=["fast", "spec"]
)


@CODECS
@given(
    pages=PAGES,
    cuts=CUTS,
    early=st.lists(st.integers(0, 6), max_size=12),
    settles=st.lists(st.booleans(), max_size=12),
)
def test_all_entries_once(
    codec: Codec,
    pages: list[list[str]],
    cuts: list[int],
    early: list[int],
    settles: list[bool],
) -> None:
    """However they come, and whoever binds in between."""
    server = Paging(pages, DONE, cuts, codec)
    search, found = cursor(server), list[str]()
    while not search.finished:
        found += names(server.run(search.fetch()))
        for _ in range(early.pop() if early else 0):
            server.trickle()
        if settles and settles.pop():
            server.run(search.settle())
            assert not server.engine._outstanding
    assert found == [name for page in pages for name in page]
    assert not server.given_back
    assert not server.engine._outstanding


@CODECS
@pytest.mark.parametrize("end", ENDS)
@given(pages=PAGES, cuts=CUTS, settles=st.booleans())
def test_an_error_comes_behind_the_entries(
    codec: Codec, end: str, pages: list[list[str]], cuts: list[int], settles: bool
) -> None:
    """All that were sent before it are delivered, also those of its own page."""
    answer, error = ENDS[end]
    server = Paging(pages, answer, cuts, codec)
    search, found = cursor(server), list[str]()

    def read() -> None:
        while batch := server.run(search.fetch()):
            found.extend(names(batch))
            if settles:
                server.run(search.settle())

    with pytest.raises(error):
        read()
    assert found == [name for page in pages for name in page]
    assert search.finished


@CODECS
@given(pages=PAGES, cuts=CUTS, limit=st.integers(1, 12), settles=st.booleans())
def test_a_limit(
    codec: Codec,
    pages: list[list[str]],
    cuts: list[int],
    limit: int,
    settles: bool,
) -> None:
    """As many as were asked for; of a page that nobody wants the server is told."""
    server = Paging(pages, DONE, cuts, codec)
    search, found = cursor(server, limit), list[str]()
    while not search.finished:
        found += names(server.run(search.fetch()))
        if settles:
            server.run(search.settle())
    every = [name for page in pages for name in page]
    assert found == every[:limit]
    assert len(server.given_back) <= 1


@CODECS
@pytest.mark.parametrize("how", ["close", "cancel"])
@given(
    pages=PAGES,
    cuts=CUTS,
    reads=st.integers(1, 6),
    early=st.integers(0, 6),
    settles=st.booleans(),
)
def test_leaving(
    codec: Codec,
    how: str,
    pages: list[list[str]],
    cuts: list[int],
    reads: int,
    early: int,
    settles: bool,
) -> None:
    """The newest cookie that has come is given back, and nothing is delivered then."""
    server = Paging(pages, DONE, cuts, codec)
    search, found = cursor(server), list[str]()
    for _ in range(reads):
        found += names(server.run(search.fetch()))
    for _ in range(early):
        server.trickle()
    if settles:
        server.run(search.settle())
    every = [name for page in pages for name in page]
    assert found == every[: len(found)]
    was_over, known = search.finished, server.known
    if how == "close":
        search.close()
        server.listen()
        assert names(server.run(search.fetch())) == []
    else:
        assert not server.run(search.cancel())
        if not was_over:
            with pytest.raises(Canceled):
                server.run(search.fetch())
    assert search.finished
    if how == "cancel" and not was_over:
        # While it waited for the answer more has come: a further page's end, perhaps.
        known = server.known
        assert not search.paged
    assert server.given_back == ([known] if known and not was_over else [])
    while server._wire:
        server.trickle()
    assert not server.engine._outstanding
