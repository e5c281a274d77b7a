"""TLS over octets that somebody else moves: whole, in pieces, changed, cut off."""

from __future__ import annotations

import contextlib
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.protocol.io.tls import Tls
from ldapom.protocol.io.tls_layer import RECORD, TlsLayer

if TYPE_CHECKING:
    from tests.servers.pki import Pki

HOST = "localhost"


class Server:
    """The other side of a connection, in memory."""

    def __init__(self, pki: Pki) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.cert("server"), pki.key("server"))
        self._come, self._gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._come, self._gone, server_side=True)

    def talk(self, data: bytes) -> bytes:
        """Go on with the handshake."""
        self._come.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._gone.read()

    def record(self, data: bytes) -> bytes:
        """A record of its own, as servers send each entry."""
        self.tls.write(data)
        return self._gone.read()

    def says_goodbye(self) -> bytes:
        """The end, as TLS says it."""
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self._gone.read()

    def read(self, data: bytes) -> bytes:
        """What the client has sent."""
        self._come.write(data)
        found = b""
        try:
            while piece := self.tls.read(RECORD):
                found += piece
        except ssl.SSLWantReadError:
            pass
        return found


@pytest.fixture(scope="module")
def settings(pki: Pki) -> Tls:
    """What the client trusts."""
    return Tls(ca_file=pki.ca_file)


def joined(pki: Pki, settings: Tls) -> tuple[TlsLayer, Server]:
    """Both sides of a connection, hands shaken."""
    layer, server = TlsLayer(settings.context(), HOST), Server(pki)
    data = None
    while not layer.shake_hands(data):
        data = server.talk(layer.take())
    # Tickets are TLS's own: nothing in them is the client's.
    assert layer.open(server.talk(layer.take())) == b""
    return layer, server


def test_many_records_at_once(pki: Pki, settings: Tls) -> None:
    """Nothing stays inside, where no poll would see it."""
    layer, server = joined(pki, settings)
    several = [bytes([number]) * 600 for number in range(100)]
    assert layer.open(b"".join(map(server.record, several))) == b"".join(several)
    assert not layer.has_ended
    assert server.read(layer.protect(b"x" * 100_000)) == b"x" * 100_000


def test_what_it_is(pki: Pki, settings: Tls) -> None:
    """Version and certificate, as the rest of the package asks for them."""
    layer, _ = joined(pki, settings)
    assert layer.protection == "TLSv1.3"
    assert layer.certificate == ssl.PEM_cert_to_DER_cert(
        "-----BEGIN" + pki.cert("server").read_text().split("-----BEGIN", 1)[1]
    )


@given(st.data())
def test_any_pieces_give_the_same(pki: Pki, settings: Tls, data: st.DataObject) -> None:
    """The network cuts where it likes."""
    layer, server = joined(pki, settings)
    texts = data.draw(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
    octets = b"".join(map(server.record, texts))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(octets)), max_size=8)))
    pieces = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert b"".join(layer.open(p) for p in pieces if p) == b"".join(texts)


@pytest.mark.parametrize("polite", [True, False])
def test_the_end_waits_behind_what_came_before(
    pki: Pki, settings: Tls, polite: bool
) -> None:
    """With a goodbye of TLS and without: first the octets, then the end, for ever."""
    layer, server = joined(pki, settings)
    last = server.record(b"last")
    assert layer.open(last + server.says_goodbye() if polite else last) == b"last"
    assert layer.has_ended == polite
    assert layer.open(b"") == b""
    assert layer.has_ended
    assert layer.open(b"") == b""


def test_an_error_waits_too(pki: Pki, settings: Tls) -> None:
    """What was whole before a changed record is delivered, and nothing of it."""
    layer, server = joined(pki, settings)
    good, bad = server.record(b"good"), bytearray(server.record(b"bad"))
    bad[-1] ^= 1
    assert layer.open(good + bad) == b"good"
    assert layer.has_ended
    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            layer.open(b"")
    assert layer.speaks  # why, to the server


def test_what_could_not_be_sent_goes_first(pki: Pki, settings: Tls) -> None:
    """Records have an order: half of one may have left already."""
    layer, server = joined(pki, settings)
    first = layer.protect(b"first")
    layer.put_back(first[3:])
    assert layer.speaks
    assert server.read(first[:3] + layer.protect(b"second")) == b"firstsecond"
    assert not layer.speaks


def test_a_stranger_is_told_why(pki: Pki) -> None:
    """The refusal is there to be sent, so that the server's log says it."""
    layer, server = TlsLayer(Tls().context(), HOST), Server(pki)
    layer.shake_hands()
    answer = server.talk(layer.take())
    with pytest.raises(ssl.SSLCertVerificationError):
        layer.shake_hands(answer)
    with pytest.raises(ssl.SSLError, match="(?i)unknown.ca"):
        server.talk(layer.take())


def test_a_peer_that_leaves_in_the_handshake(settings: Tls) -> None:
    """It is an error, and no wait."""
    layer = TlsLayer(settings.context(), HOST)
    assert not layer.shake_hands()
    with pytest.raises(ssl.SSLEOFError):
        layer.shake_hands(b"")


def test_threads_take_turns(pki: Pki, settings: Tls) -> None:
    """OpenSSL's connections know none: one sends while another one reads."""
    layer, server = joined(pki, settings)
    texts = [b"%6d" % number * 100 for number in range(300)]
    records = [server.record(text) for text in texts]
    sent: list[bytes] = []
    opened: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: sent.extend(map(layer.protect, texts))),
        threading.Thread(target=lambda: opened.extend(map(layer.open, records))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == texts
    assert server.read(b"".join(sent)) == b"".join(texts)
