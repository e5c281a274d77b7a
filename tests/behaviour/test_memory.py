"""What a stream costs in memory: a page, whatever its length."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from ldapom import Session
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.controls import PagedResults
from tests.behaviour.people import User
from tests.protocol.hostile import Peer, hostile

if TYPE_CHECKING:
    from ldapom.protocol.messages import LDAPMessage

PAGES, PAGE = 60, 500
#: Octets: a page on its way, encoded and decoded. A note of 100 octets about each
#: entry would be more.
SLACK = 2_000_000


def entry(number: int) -> m.SearchResultEntry:
    """One of very many."""
    uid = f"u{number}"
    attributes = {"objectClass": b"inetOrgPerson", "uid": uid.encode(), "mail": b"a@b"}
    listed = tuple(m.PartialAttribute(k, (v,)) for k, v in attributes.items())
    return m.SearchResultEntry(f"uid={uid},dc=x", listed)


def answer(peer: Peer, request: LDAPMessage, page: int) -> None:
    """Send one page, and a cookie but for the last one."""
    cookie = b"next" if page < PAGES - 1 else b""
    control = PagedResults(0, cookie).control()
    answers = [
        m.LDAPMessage(request.message_id, entry(page * PAGE + number))
        for number in range(PAGE)
    ]
    done = m.LDAPMessage(request.message_id, m.SearchResultDone(), (control,))
    peer.send(b"".join(map(codec.encode, [*answers, done])))


def test_a_stream_that_is_only_read_keeps_nothing() -> None:
    """Not the entries, and not a note about each of them."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        for page in range(PAGES):
            answer(peer, peer.next(), page)
        peer.wait_for_end()

    count, early = 0, 0
    with hostile(script) as server, Session(server.url) as session:
        tracemalloc.start()
        try:
            for user in session.query(User).base("dc=x").page_size(PAGE):
                assert user.mail == ["a@b"]
                count += 1
                if count == 5 * PAGE:
                    early = tracemalloc.get_traced_memory()[0]
                    tracemalloc.reset_peak()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        server.peers[0].received.clear()
    assert count == PAGES * PAGE
    assert peak < early + SLACK
