"""Kerberos against a real KDC, and against a server that this test plays itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.errors import (
    ConnectionLost,
    RemoteProtocolError,
)
from ldapom.protocol.credentials import Kerberos, Spnego
from ldapom.protocol.layers import LayerStream
from tests.protocol.sasl.acceptor import FAR, TLS, Acceptor, raw, start
from tests.protocol.sasl.peer import Peer, going_on, success
from tests.servers.require import need

if TYPE_CHECKING:
    from ldapom.protocol.messages import BindResponse
    from tests.servers.kdc import Kdc

pytestmark = pytest.mark.real_server

CANARY: Final = "c4n4ry-password"


@pytest.fixture(autouse=True)
def _library() -> None:
    need("gssapi")


def bound(credentials: Kerberos | Spnego, acceptor: Acceptor) -> Peer:
    """A connection on which the bind has succeeded."""
    is_gssapi = isinstance(credentials, Kerberos)
    peer = Peer(acceptor.gssapi if is_gssapi else acceptor.spnego)
    peer.bind(credentials, FAR)
    return peer


class TestContext:
    """The conversation, and what it agrees on."""

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_the_flags_are_those_of_a_layer_and_never_delegation(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """Mutual proof, order, integrity, sealing; nothing is given away."""
        acceptor = Acceptor(kerberos)
        bound(kind(), acceptor)
        flag = raw.RequirementFlag
        for wanted in (
            flag.mutual_authentication,
            flag.replay_detection,
            flag.out_of_sequence_detection,
            flag.integrity,
            flag.confidentiality,
        ):
            assert acceptor.flags & wanted
        assert not acceptor.flags & flag.delegate_to_peer

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_inside_tls_no_layer_is_asked_for(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """Servers begin one by the flags alone."""
        acceptor = Acceptor(kerberos)
        acceptor.accept(start(kind(), TLS))
        flag = raw.RequirementFlag
        assert not acceptor.flags & (flag.integrity | flag.confidentiality)

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_the_channel_binding_goes_along(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """The right one is taken, another refused."""
        Acceptor(kerberos, binding=b"\1" * 32).accept(start(kind(), TLS))
        with pytest.raises(raw.BadChannelBindingsError):
            Acceptor(kerberos, binding=b"\2" * 32).accept(start(kind(), TLS))

    def test_only_signing_asks_for_no_sealing(self, kerberos: Kdc) -> None:
        """MIT Kerberos would ask for it by itself."""
        acceptor = Acceptor(kerberos, offer=b"\3\0\xff\xff")
        peer = bound(Kerberos(layer="sign"), acceptor)
        assert not acceptor.flags & raw.RequirementFlag.confidentiality
        assert peer.engine.layer is not None
        assert not peer.engine.layer.seals

    def test_the_answer_says_layer_buffer_and_identity(self, kerberos: Kdc) -> None:
        """RFC 4752 3.1, as the server reads it."""
        acceptor = Acceptor(kerberos)
        peer = bound(Kerberos(authzid="u:grace"), acceptor)
        assert acceptor.offer == b"\4\xff\xff\xffu:grace"
        assert peer.mechanisms == ["GSSAPI"] * 3
        assert peer.engine.layer is not None
        assert peer.engine.layer.description == "Kerberos, sealed"
        # The server's buffer has room for what it costs to seal, and no more.
        assert 0xFFFF - 100 < peer.engine.layer.max_send < 0xFFFF


class TestLayer:
    """Buffers between the client and the library's server."""

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_octets_go_there_and_back(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """Whatever the size, in buffers that the server takes."""
        acceptor = Acceptor(kerberos)
        layer = bound(kind(), acceptor).engine.layer
        assert layer is not None
        data = os.urandom(layer.max_send)
        buffer = layer.wrap(data)
        assert data not in buffer
        assert len(buffer) <= 65536
        assert raw.unwrap(acceptor.context, buffer).message == data
        answer = raw.wrap(acceptor.context, data, True).message
        assert LayerStream(layer).open(len(answer).to_bytes(4, "big") + answer) == data

    @pytest.mark.parametrize("damage", ["changed", "cut", "repeated", "left out"])
    @pytest.mark.parametrize("seal", [True, False])
    def test_what_is_not_as_it_was_sent_is_refused(
        self, kerberos: Kdc, damage: str, *, seal: bool
    ) -> None:
        """Each of these is what somebody in between could do."""
        acceptor = Acceptor(kerberos)
        layer = bound(Kerberos(layer="seal" if seal else "sign"), acceptor).engine.layer
        assert layer is not None
        first, second, third = (
            raw.wrap(acceptor.context, data, seal).message
            for data in (b"first", b"second", b"third")
        )
        assert layer.unwrap(first) == b"first"
        bad = {
            "changed": second[:-1] + bytes((second[-1] ^ 1,)),
            "cut": second[:-1],
            "repeated": first,
            "left out": third,
        }[damage]
        with pytest.raises(RemoteProtocolError, match="does not verify"):
            layer.unwrap(bad)

    def test_a_buffer_that_is_only_signed_is_refused(self, kerberos: Kdc) -> None:
        """Where sealing was agreed."""
        acceptor = Acceptor(kerberos)
        layer = bound(Kerberos(), acceptor).engine.layer
        assert layer is not None
        with pytest.raises(RemoteProtocolError, match="unsealed"):
            layer.unwrap(raw.wrap(acceptor.context, b"data", False).message)

    def test_a_layer_that_can_not_protect_ends_the_connection(
        self, kerberos: Kdc, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A request is lost half-way, so nothing may follow it."""
        peer = bound(Kerberos(), Acceptor(kerberos))
        engine = peer.engine

        def fail(*_: object, **__: object) -> bytes:
            raise ConnectionLost("too old")

        monkeypatch.setattr(type(engine.layer), "wrap", fail)
        from ldapom.protocol.messages import DelRequest

        engine.send(DelRequest("cn=x"))
        with pytest.raises(ConnectionLost, match="too old"):
            engine.data_to_send()
        assert engine.closed
        assert engine.data_to_send() == b""


class TestHostile:
    """Servers that do not prove themselves."""

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_success_to_everything_is_not_believed(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """The connection ends, for nobody knows who is there."""
        del kerberos
        peer = Peer(lambda _: success())
        with pytest.raises(RemoteProtocolError, match="without having proved"):
            peer.bind(kind(), FAR)
        assert peer.engine.closed

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    @pytest.mark.parametrize("answer", [b"", b"\0", b"nonsense", b"`\x06+"])
    def test_a_token_that_is_none_is_refused(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego], answer: bytes
    ) -> None:
        """With an error of ours, whatever the library makes of it."""
        del kerberos
        peer = Peer(lambda _: going_on(answer))
        with pytest.raises(RemoteProtocolError):
            peer.bind(kind(), FAR)

    @pytest.mark.parametrize("kind", [Kerberos, Spnego])
    def test_the_proof_of_another_conversation_is_refused(
        self, kerberos: Kdc, kind: type[Kerberos | Spnego]
    ) -> None:
        """A recorded answer fits no other ticket."""
        recorded = Acceptor(kerberos).accept(start(kind()))
        peer = Peer(lambda _: going_on(recorded))
        with pytest.raises(RemoteProtocolError, match="did not prove to be ldap/"):
            peer.bind(kind(), FAR)

    def test_a_server_that_goes_on_for_ever_is_cut_off(self, kerberos: Kdc) -> None:
        """Behind the end there is no more to say."""
        acceptor = Acceptor(kerberos)

        def answer(token: bytes | None) -> BindResponse:
            done = acceptor.gssapi(token)
            return going_on(b"more") if done == success() else done

        with pytest.raises(RemoteProtocolError, match="behind the end"):
            Peer(answer).bind(Kerberos(), FAR)
