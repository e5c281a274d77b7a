"""GSSAPI and GSS-SPNEGO over a scripted context: what is chosen, what is refused."""

from __future__ import annotations

from typing import Final

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import (
    LDAPError,
    LocalProtocolError,
    RemoteProtocolError,
    ResultCode,
)
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import External
from ldapom.protocol.engine import Engine
from ldapom.protocol.flows import bind
from ldapom.protocol.flows.steps import Receive
from ldapom.protocol.layers import LayerStream
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl.gss import GssLayer, LayerName, Protection, choose, wanted
from ldapom.protocol.sasl.gssapi import GssapiMechanism
from ldapom.protocol.sasl.spnego import FallbackMechanism, SpnegoMechanism

HOST: Final = "ldap.example.com"
TLS: Final = Surroundings(host=HOST, tls=True)
#: A clear connection to this very machine, and one to another.
NEAR: Final = Surroundings(host=HOST, may_expose=True)
FAR: Final = Surroundings(host=HOST, may_expose=False)
ALL: Final = Protection.none | Protection.sign | Protection.seal
MARK: Final = {True: b"sealed:", False: b"signed:"}


@define
class Scripted:
    """A context whose tokens can be read: it ends behind so many of the server's."""

    legs: int = 1
    available: Protection = ALL
    complete: bool = False

    def step(self, token: bytes | None) -> bytes:
        """Count the legs."""
        if token is not None:
            self.legs -= 1
            self.complete = self.legs == 0
        return b"" if self.complete else b"token"

    def wrap(self, data: bytes, *, seal: bool) -> bytes:
        """Mark what was done."""
        return MARK[seal] + data

    def unwrap(self, token: bytes) -> tuple[bytes, bool]:
        """Read the mark."""
        for sealed, mark in MARK.items():
            if token.startswith(mark):
                return token.removeprefix(mark), sealed
        raise RemoteProtocolError("does not verify")

    def wrap_size(self, size: int, *, seal: bool) -> int:
        """Leave room for the mark."""
        return size - len(MARK[seal])


def offer(layers: Protection | int, size: int = 65536) -> bytes:
    """What a server offers, as it travels."""
    return MARK[False] + bytes((int(layers),)) + size.to_bytes(3, "big")


def gssapi(
    around: Surroundings,
    *,
    layer: LayerName | None = None,
    authzid: str | None = None,
    context: Scripted | None = None,
) -> GssapiMechanism:
    """A run of GSSAPI whose context is complete."""
    run = GssapiMechanism(context or Scripted(), around, layer=layer, authzid=authzid)
    assert run.step(None) == b"token"
    assert run.step(b"the server's proof") == b""
    return run


def answer(run: GssapiMechanism, offered: bytes) -> tuple[int, int, bytes]:
    """What is chosen: the layer, our buffer, the identity."""
    token = run.step(offered)
    assert token.startswith(MARK[False])
    data = token.removeprefix(MARK[False])
    return data[0], int.from_bytes(data[1:4], "big"), data[4:]


class TestWanted:
    """What may protect a connection."""

    @pytest.mark.parametrize("layer", [None, "sign", "seal"])
    def test_nothing_new_is_wanted_inside_tls(self, layer: LayerName | None) -> None:
        """Inside TLS no layer is ever negotiated, whatever was demanded outside."""
        assert wanted(TLS, layer) == Protection.none

    def test_a_clear_connection_to_another_machine_wants_a_layer(self) -> None:
        """There none at all is not among the choices."""
        assert wanted(FAR, None) == Protection.sign | Protection.seal

    def test_a_clear_connection_to_this_machine_may_go_without(self) -> None:
        """Nobody on a network can read along there."""
        assert wanted(NEAR, None) == ALL

    @pytest.mark.parametrize("around", [NEAR, FAR])
    def test_what_the_caller_demands_is_demanded(self, around: Surroundings) -> None:
        """A named layer is that one and no other."""
        assert wanted(around, "seal") == Protection.seal
        assert wanted(around, "sign") == Protection.sign

    def test_a_layer_that_is_in_place_stays(self) -> None:
        """A second bind under a layer negotiates none, for servers refuse that."""
        old = GssLayer(Scripted(), Protection.seal, send=99, receive=99)
        around = Surroundings(host=HOST, may_expose=True, layer=old)
        assert wanted(around, None) == Protection.none
        assert wanted(around, "seal") == Protection.none

    def test_a_layer_that_only_signs_is_not_taken_for_one_that_seals(self) -> None:
        """Who demands sealing is told that the old layer does not."""
        old = GssLayer(Scripted(), Protection.sign, send=99, receive=99)
        around = Surroundings(host=HOST, may_expose=False, layer=old)
        assert wanted(around, "sign") == Protection.none
        with pytest.raises(LocalProtocolError, match=r"does not seal.*of its own"):
            wanted(around, "seal")

    @given(st.integers(0, 7), st.integers(0, 7))
    def test_the_choice_is_the_best_that_both_have(
        self, ours: int, theirs: int
    ) -> None:
        """It is in both sets, and nothing better is; or it is refused."""
        both = ours & theirs
        if not both:
            with pytest.raises(LocalProtocolError, match="the server offers"):
                choose("X", Protection(ours), Protection(theirs))
        else:
            chosen = choose("X", Protection(ours), Protection(theirs))
            assert chosen & both
            assert both < 2 * chosen


class TestGSSAPI:
    """RFC 4752."""

    def test_sealing_is_chosen_where_it_is_offered(self) -> None:
        """The best layer is the default; both buffers are honoured."""
        run = gssapi(FAR)
        assert answer(run, offer(ALL, 1000)) == (4, 0xFFFFFF, b"")
        run.finish(None)
        layer = run.layer
        assert layer is not None
        assert layer.seals
        assert layer.max_send == 1000 - len(MARK[True])
        assert layer.max_receive == 0xFFFFFF
        assert layer.description == "Kerberos, sealed"

    def test_signing_is_chosen_where_sealing_is_not_offered(self) -> None:
        """A layer that signs is better than none."""
        run = gssapi(FAR)
        assert answer(run, offer(Protection.none | Protection.sign))[0] == 2
        run.finish(b"")
        assert run.layer is not None
        assert not run.layer.seals
        assert run.layer.description == "Kerberos, signed"

    def test_what_the_context_can_not_do_is_not_chosen(self) -> None:
        """An offer to seal means nothing for a context that can only sign."""
        able = Protection.none | Protection.sign
        run = gssapi(FAR, context=Scripted(available=able))
        assert answer(run, offer(ALL))[0] == 2

    def test_inside_tls_the_answer_is_no_layer_and_no_buffer(self) -> None:
        """RFC 4752 3.1: without a layer the buffer is 0."""
        run = gssapi(TLS)
        assert answer(run, offer(ALL)) == (1, 0, b"")
        run.finish(None)
        assert run.layer is None

    def test_the_identity_to_act_as_travels_with_the_choice(self) -> None:
        """In UTF-8, behind the four octets."""
        run = gssapi(FAR, authzid="u:jürgen")
        assert answer(run, offer(ALL))[2] == "u:jürgen".encode()

    def test_the_largest_buffer_of_ours_is_told(self) -> None:
        """A limit of this connection's own becomes the server's."""
        run = gssapi(Surroundings(host=HOST, may_expose=False, max_size=70_000))
        assert answer(run, offer(ALL))[1] == 70_000

    def test_no_layer_is_refused_on_a_clear_connection_to_another_machine(self) -> None:
        """A server, or somebody in between, that offers none is not spoken to."""
        run = gssapi(FAR)
        with pytest.raises(LocalProtocolError, match="allow_cleartext=True"):
            run.step(offer(Protection.none, 0))

    def test_no_layer_is_taken_from_this_very_machine(self) -> None:
        """Nobody can read along, so nothing is lost."""
        run = gssapi(NEAR)
        assert answer(run, offer(Protection.none, 0)) == (1, 0, b"")

    def test_sealing_that_is_demanded_is_not_replaced_by_signing(self) -> None:
        """``layer="seal"`` means it, on this machine too."""
        run = gssapi(NEAR, layer="seal")
        with pytest.raises(LocalProtocolError, match="wants sealing"):
            run.step(offer(Protection.none | Protection.sign))

    @pytest.mark.parametrize("data", [b"", b"\7", b"\7\0\0", b"\7\0\0\1\0"])
    def test_an_offer_of_another_size_is_refused(self, data: bytes) -> None:
        """It is four octets and nothing else."""
        with pytest.raises(RemoteProtocolError, match="offer of layers"):
            gssapi(FAR).step(MARK[False] + data)

    @pytest.mark.parametrize("size", [0, len(MARK[True])])
    def test_a_layer_without_a_buffer_is_refused(self, size: int) -> None:
        """A server that takes nothing would make us send for ever."""
        with pytest.raises(RemoteProtocolError, match="too small"):
            gssapi(FAR).step(offer(ALL, size))

    def test_an_offer_that_is_not_protected_is_refused(self) -> None:
        """Else somebody in between could take the layers away."""
        with pytest.raises(RemoteProtocolError, match="does not verify"):
            gssapi(FAR).step(b"\1\0\0\0")

    @pytest.mark.parametrize("legs", [0, 1, 2])
    def test_success_before_our_choice_is_refused(self, legs: int) -> None:
        """A server that says success to everything has proved nothing."""
        run = GssapiMechanism(Scripted(), FAR)
        for token in (None, b"proof")[:legs]:
            run.step(token)
        with pytest.raises(RemoteProtocolError, match="without having proved"):
            run.finish(None)

    def test_what_follows_the_end_is_refused(self) -> None:
        """Neither another leg nor data with success belongs there."""
        run = gssapi(FAR)
        run.step(offer(ALL))
        with pytest.raises(RemoteProtocolError, match="behind the end"):
            run.finish(b"more")
        with pytest.raises(RemoteProtocolError, match="behind the end"):
            run.step(offer(ALL))

    @given(st.binary(max_size=40))
    def test_no_offer_breaks_anything(self, data: bytes) -> None:
        """Every octets give an answer or an error of ours."""
        run = gssapi(NEAR)
        try:
            run.step(data)
        except LDAPError:
            return
        assert data.startswith(tuple(MARK.values()))


class TestSpnego:
    """GSS-SPNEGO: the flags of the context decide."""

    @staticmethod
    def run(around: Surroundings, context: Scripted) -> SpnegoMechanism:
        """A run that has sent its first token."""
        run = SpnegoMechanism(context, around)
        assert run.step(None) == b"token"
        return run

    @pytest.mark.parametrize(
        ("able", "word"),
        [(ALL, "sealed"), (Protection.none | Protection.sign, "signed")],
    )
    def test_the_layer_is_what_the_context_has(
        self, able: Protection, word: str
    ) -> None:
        """There is no other word about it."""
        run = self.run(FAR, Scripted(available=able))
        run.finish(b"proof")
        assert run.layer is not None
        assert run.layer.description == f"Kerberos, {word}"
        assert run.layer.max_send < 65536 <= run.layer.max_receive

    def test_no_layer_is_refused_on_a_clear_connection_to_another_machine(self) -> None:
        """As with GSSAPI."""
        run = self.run(FAR, Scripted(available=Protection.none))
        with pytest.raises(LocalProtocolError, match="allow_cleartext=True"):
            run.finish(b"proof")

    def test_inside_tls_there_is_none(self) -> None:
        """The context was asked for none, so it has none."""
        run = self.run(TLS, Scripted(available=Protection.none))
        run.finish(b"proof")
        assert run.layer is None

    def test_a_layer_that_was_not_asked_for_is_no_layer_one_ignores(self) -> None:
        """The server would wrap what we send bare: better to stop here."""
        run = self.run(TLS, Scripted(available=ALL))
        with pytest.raises(LocalProtocolError, match="offers sealing"):
            run.finish(b"proof")

    def test_two_legs_end_as_well(self) -> None:
        """Some servers need more than one token."""
        run = self.run(FAR, Scripted(legs=2))
        assert run.step(b"one") == b"token"
        run.finish(b"two")
        assert run.layer is not None

    def test_a_proof_that_came_before_success_counts(self) -> None:
        """A server may send its last token with saslBindInProgress."""
        run = self.run(FAR, Scripted())
        assert run.step(b"proof") == b""
        run.finish(None)
        assert run.layer is not None

    def test_success_without_proof_is_refused(self) -> None:
        """Nothing came that could prove the server."""
        run = self.run(FAR, Scripted())
        with pytest.raises(RemoteProtocolError, match="without having proved"):
            run.finish(None)

    def test_success_half_way_is_refused(self) -> None:
        """Half a proof is none."""
        run = self.run(FAR, Scripted(legs=2))
        with pytest.raises(RemoteProtocolError, match="half-way"):
            run.finish(b"one")

    def test_what_follows_the_end_is_refused(self) -> None:
        """Neither another leg nor data with success belongs there."""
        run = self.run(FAR, Scripted())
        run.step(b"proof")
        with pytest.raises(RemoteProtocolError, match="behind the end"):
            run.step(b"more")
        with pytest.raises(RemoteProtocolError, match="behind the end"):
            run.finish(b"more")


class Stubborn(Scripted):
    """A context that fails at once."""

    def step(self, token: bytes | None) -> bytes:
        """Refuse."""
        raise LocalProtocolError(f"no ticket, and no answer to {token!r}")


class TestFallback:
    """Another way in where no ticket can be had."""

    @staticmethod
    def second() -> SpnegoMechanism:
        """Stands for NTLM."""
        return SpnegoMechanism(Scripted(legs=2), FAR)

    def test_the_second_goes_on_where_there_is_no_ticket(self) -> None:
        """All later legs are its own."""
        first = SpnegoMechanism(Stubborn(), FAR)
        run = FallbackMechanism(first, lambda: True, self.second)
        assert run.step(None) == b"token"
        assert run.step(b"challenge") == b"token"
        run.finish(b"end")
        assert run.layer is not None

    def test_another_error_is_told_and_not_worked_around(self) -> None:
        """A wrong password would count twice."""

        def never() -> SpnegoMechanism:
            pytest.fail("NTLM was tried")

        first = SpnegoMechanism(Stubborn(), FAR)
        run = FallbackMechanism(first, lambda: False, never)
        with pytest.raises(LocalProtocolError, match="no ticket"):
            run.step(None)

    def test_the_first_goes_on_where_it_can(self) -> None:
        """No second one is even made."""
        run = FallbackMechanism(self.second(), lambda: True, self.second)
        assert run.step(None) == b"token"
        assert run.step(b"one") == b"token"
        run.finish(b"two")

    def test_where_both_fail_the_first_reason_is_told_too(self) -> None:
        """Else people look for the mistake in NTLM."""
        first = SpnegoMechanism(Stubborn(), FAR)
        run = FallbackMechanism(
            first, lambda: True, lambda: SpnegoMechanism(Stubborn(), FAR)
        )
        with pytest.raises(LocalProtocolError) as caught:
            run.step(None)
        assert "Kerberos could not be: no ticket" in caught.value.__notes__[0]


class TestSecondBind:
    """Another bind where a layer is in place."""

    def test_an_answer_outside_the_layer_is_not_followed(self) -> None:
        """Anybody in between could have sent it; the error says who does that."""
        engine = Engine()
        layer = GssLayer(Scripted(), Protection.sign, send=999, receive=999)
        engine.resume(layer)
        around = Surroundings(host=HOST, layer=layer)
        flow = bind.bind(engine, External(), around)
        wish = next(flow)
        assert isinstance(wish, Receive)
        assert engine.data_to_send()[4:].startswith(MARK[False])
        answer = m.BindResponse(ResultCode.success)
        with pytest.raises(RemoteProtocolError) as caught:
            engine.receive_data(codec.encode(m.LDAPMessage(wish.message_id, answer)))
        with pytest.raises(RemoteProtocolError, match="connection of its own"):
            flow.throw(caught.value)
        assert engine.closed

    def test_an_answer_inside_the_layer_leaves_it_in_place(self) -> None:
        """A mechanism without a layer of its own changes nothing (RFC 4422 3.7)."""
        engine = Engine()
        layer = GssLayer(Scripted(), Protection.sign, send=999, receive=999)
        engine.resume(layer)
        flow = bind.bind(engine, External(), Surroundings(host=HOST, layer=layer))
        wish = next(flow)
        assert isinstance(wish, Receive)
        answer = m.BindResponse(ResultCode.success)
        reply = MARK[False] + codec.encode(m.LDAPMessage(wish.message_id, answer))
        engine.receive_data(len(reply).to_bytes(4, "big") + reply)
        with pytest.raises(StopIteration):
            flow.send(engine.take(wish.message_id))
        assert engine.layer is layer


class TestLayer:
    """Buffers of a context."""

    def test_what_is_sealed_is_marked_and_opened(self) -> None:
        """There and back through both layers, in pieces."""
        for protection in (Protection.seal, Protection.sign):
            ours, theirs = (
                LayerStream(GssLayer(Scripted(), protection, send=20, receive=99))
                for _ in range(2)
            )
            data = bytes(range(100))
            assert theirs.open(ours.protect(data)) == data

    def test_a_buffer_that_is_only_signed_is_refused_where_sealing_was_agreed(
        self,
    ) -> None:
        """Somebody may have talked the server out of sealing."""
        layer = GssLayer(Scripted(), Protection.seal, send=99, receive=99)
        with pytest.raises(RemoteProtocolError, match="unsealed"):
            layer.unwrap(MARK[False] + b"data")
