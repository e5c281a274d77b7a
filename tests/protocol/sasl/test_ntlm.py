"""NTLMv2: the vectors of MS-NLMP 4.2.4, what goes into a proof, and layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from spnego.channel_bindings import GssChannelBindings

from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol.sasl._ntlm_client import (
    ALWAYS,
    FOR_LAYER,
    Account,
    Chance,
    NtlmClient,
    Wishes,
    client_challenge,
    file_time,
    hashed_binding,
    prove,
    target_info,
)
from ldapom.protocol.sasl._ntlm_crypto import nt_hash, rc4, response_key
from ldapom.protocol.sasl._ntlm_messages import (
    NO_LM_RESPONSE,
    Authenticate,
    AvId,
    Challenge,
    Flag,
    Negotiate,
    read_pairs,
)
from ldapom.protocol.sasl._ntlm_session import Session, seal_key, sign_key
from ldapom.secrets import Secret
from tests.protocol.sasl.test_ntlm_messages import AUTHENTICATE, CHALLENGE

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = nt_hash(Secret("Password"))
ACCOUNT: Final = Account("User", "Domain", KEPT)
#: MS-NLMP 4.2.1.
SESSION_KEY: Final = Secret(b"\x55" * 16)
CHANCE: Final = Chance(b"\xaa" * 8, SESSION_KEY)
FLAGS: Final = 0xE28A8233
PLAINTEXT: Final = "Plaintext".encode("utf-16-le")


class TestVectors:
    """MS-NLMP 4.2.4, from the response to a sealed message."""

    def test_response(self) -> None:
        """4.2.4.1.3, 4.2.4.2.2 and 4.2.4.1.2: temp, proof, session base key."""
        challenge = Challenge.unpack(CHALLENGE)
        blob = client_challenge(bytes(8), b"\xaa" * 8, challenge.pairs)
        own = response_key(KEPT, "User", "Domain")
        response, key = prove(own, challenge.server_challenge, blob)
        assert response[:16].hex() == "68cd0ab851e51c96aabc927bebef6a1c"
        assert response == Authenticate.unpack(AUTHENTICATE).nt_response
        assert key.reveal().hex() == "8de40ccadbc14a82f15cb0ad0de95ca3"
        wrapped = rc4(key).update(SESSION_KEY.reveal())
        assert wrapped.hex() == "c5dad2544fc9799094ce1ce90bc9d03e"

    def test_keys(self) -> None:
        """4.2.4.4: the keys that sign and seal."""
        signing = sign_key(SESSION_KEY, "client-to-server")
        sealing = seal_key(FLAGS, SESSION_KEY, "client-to-server")
        assert signing.reveal().hex() == "4788dc861b4782f35d43fd98fe1a2d39"
        assert sealing.reveal().hex() == "59f600973cc4960a25480a7c196e4c58"

    def test_shorter_sealing_keys(self) -> None:
        """Keys of 56 and 40 bits differ; peers that want them get no layer."""
        keys = {
            seal_key(flags, SESSION_KEY, "client-to-server").reveal()
            for flags in (Flag.key_128 | Flag.key_56, Flag.key_56, 0)
        }
        assert len(keys) == 3

    def test_sealed_message(self) -> None:
        """4.2.4.4: GSS_WrapEx of a text."""
        layer = Session(FLAGS, SESSION_KEY).layer(100)
        assert layer is not None
        wrapped = layer.wrap(PLAINTEXT)
        assert wrapped[16:].hex() == "54e50165bf1936dc996020c1811b0f06fb5f"
        assert wrapped[:16].hex() == "010000007fb38ec5c55d497600000000"

    def test_signature_without_a_key_exchange(self) -> None:
        """The checksum goes unencrypted then; its number goes up."""
        flags = FLAGS & ~Flag.key_exchange
        outgoing = Session(flags, SESSION_KEY).outgoing
        assert outgoing.sign(PLAINTEXT).hex() == "0100000070352851f256430900000000"
        assert outgoing.sign(PLAINTEXT)[12:].hex() == "01000000"


class TestClient:
    """What goes into a proof."""

    def proof(
        self, challenge: Challenge, wishes: Wishes, account: Account = ACCOUNT
    ) -> tuple[Authenticate, NtlmClient, bytes]:
        """The last message of an authentication."""
        client = NtlmClient(account, wishes, lambda: CHANCE)
        token = client.authenticate(challenge.pack())
        return Authenticate.unpack(token), client, token

    def test_a_proof_is_complete(self) -> None:
        """It has a MIC, the target, the binding, the server's time, no LM response."""
        told = ((AvId.timestamp, b"12345678"), (AvId.flags, b"\1\0\0\0"))
        challenge = evolve(Challenge.unpack(CHALLENGE), pairs=told)
        wishes = Wishes("ldap/dc1", layer=True, end_point=b"\x01" * 32)
        message, _, _ = self.proof(challenge, wishes)
        assert message.lm_response == NO_LM_RESPONSE
        assert message.nt_response[24:32] == b"12345678"
        found = dict(read_pairs(message.nt_response[44:]))
        assert found[AvId.flags] == b"\3\0\0\0"
        assert found[AvId.target_name].decode("utf-16-le") == "ldap/dc1"
        assert found[AvId.channel_bindings] == hashed_binding(b"\x01" * 32)

    def test_the_mic_covers_all_messages(self) -> None:
        """HMAC-MD5 with the session key over the three, its own place zero."""
        import hmac

        challenge = Challenge.unpack(CHALLENGE)
        message, client, token = self.proof(challenge, Wishes(layer=True))
        whole = client.negotiate() + challenge.pack()
        whole += token[:72] + bytes(16) + token[88:]
        expected = hmac.digest(SESSION_KEY.reveal(), whole, "md5")
        assert message.mic == expected

    def test_flags(self) -> None:
        """A layer is asked for where it is wanted, and nothing else is added."""
        layered = NtlmClient(ACCOUNT, Wishes(layer=True)).negotiate()
        bare = NtlmClient(ACCOUNT, Wishes()).negotiate()
        assert Negotiate.unpack(layered).flags == ALWAYS | FOR_LAYER
        assert Negotiate.unpack(bare).flags == ALWAYS
        challenge = evolve(Challenge.unpack(CHALLENGE), flags=0xFFFFFFFF)
        message, client, _ = self.proof(challenge, Wishes())
        assert message.flags == ALWAYS
        assert client.session is not None
        assert client.session.layer(100) is None
        assert message.session_key == b""

    @pytest.mark.parametrize(
        "missing", [Flag.sign, Flag.key_128, Flag.extended_session_security]
    )
    def test_weak_layers(self, missing: Flag) -> None:
        """A server that takes strength away gets no proof, or no layer is made."""
        challenge = evolve(Challenge.unpack(CHALLENGE), flags=FLAGS & ~missing)
        client = NtlmClient(ACCOUNT, Wishes(layer=True, demanded=True))
        with pytest.raises(LocalProtocolError, match="ldaps://"):
            client.authenticate(challenge.pack())
        assert client.session is None
        message, client, _ = self.proof(challenge, Wishes(layer=True))
        assert client.session is not None
        assert client.session.layer(100) is None
        assert not message.flags & FOR_LAYER

    @pytest.mark.parametrize("missing", [Flag.ntlm, Flag.unicode])
    def test_not_our_language(self, missing: Flag) -> None:
        """A server without NTLM or Unicode is refused."""
        challenge = Challenge(FLAGS & ~(missing | Flag.target_type_server), bytes(8))
        with pytest.raises(RemoteProtocolError):
            NtlmClient(ACCOUNT, Wishes()).authenticate(challenge.pack())

    @pytest.mark.parametrize(
        ("user", "domain", "expected"),
        [
            ("User", "Mine", "Mine"),
            ("User", None, "Domain"),
            ("user@realm", None, ""),
            ("user@realm", "Mine", "Mine"),
        ],
    )
    def test_domain(self, user: str, domain: str | None, expected: str) -> None:
        """A plain name is of the server's domain; a realm is part of the name."""
        challenge = Challenge.unpack(CHALLENGE)
        message, _, _ = self.proof(challenge, Wishes(), Account(user, domain, KEPT))
        assert (message.user, message.domain) == (user, expected)
        bare = evolve(challenge, pairs=())
        assert Account("u", None, KEPT).domain_for(bare) == "Server"

    @pytest.mark.parametrize(
        ("pair", "words"),
        [
            ((AvId.timestamp, b"short"), "timestamp"),
            ((AvId.flags, b"short"), "flags"),
            ((AvId.dns_domain_name, bytes(0xFFF0)), "too long"),
        ],
    )
    def test_odd_target_information(self, pair: tuple[AvId, bytes], words: str) -> None:
        """Pairs of the wrong size are refused before anything is proved."""
        challenge = evolve(Challenge.unpack(CHALLENGE), pairs=(pair,))
        client = NtlmClient(ACCOUNT, Wishes())
        with pytest.raises(RemoteProtocolError, match=words):
            target_info(challenge, Wishes())
            client.authenticate(challenge.pack())

    @given(st.integers(8, len(CHALLENGE) - 1), st.binary(min_size=1, max_size=4))
    def test_any_challenge(self, at: int, octets: bytes) -> None:
        """Whatever a server sends, there is a proof or an error of ours."""
        data = CHALLENGE[:at] + octets + CHALLENGE[at + len(octets) :]
        client = NtlmClient(ACCOUNT, Wishes(layer=True, demanded=True))
        try:
            token = client.authenticate(data)
        except (RemoteProtocolError, LocalProtocolError):
            assert client.session is None
        else:
            assert Authenticate.unpack(token).user == "User"

    def test_chance(self) -> None:
        """Each proof takes its own random octets."""
        assert Chance().client_challenge != Chance().client_challenge
        assert Chance().session_key.reveal() != Chance().session_key.reveal()
        assert len(Chance().client_challenge) == 8

    def test_time(self) -> None:
        """Seconds since 1970 as tenths of microseconds since 1601."""
        assert int.from_bytes(file_time(0), "little") == 116444736000000000

    @given(st.binary(max_size=64))
    def test_binding(self, end_point: bytes) -> None:
        """The structure of RFC 2744, as another implementation packs it."""
        import hashlib

        data = b"tls-server-end-point:" + end_point
        packed = GssChannelBindings(application_data=data).pack()
        assert hashed_binding(end_point) == hashlib.md5(packed).digest()


class TestLayer:
    """Signing and sealing."""

    def pair(self, flags: int = FLAGS) -> tuple[Any, Any]:
        """Both ends of a layer."""
        client = Session(flags, SESSION_KEY).layer(0xFFFF)
        server = Session(flags, SESSION_KEY, server=True).layer(0xFFFF)
        return client, server

    @pytest.mark.parametrize("flags", [FLAGS, FLAGS & ~Flag.seal])
    def test_both_ways(self, flags: int) -> None:
        """What one end wraps the other opens; it is sealed, as LDAP servers want it."""
        client, server = self.pair(flags)
        for number in range(5):
            data = bytes([number]) * 1000 * number
            assert server.unwrap(client.wrap(data)) == data
            assert client.unwrap(server.wrap(data)) == data
        assert client.seals
        assert b"hello" not in client.wrap(b"hello")

    def test_attacks(self) -> None:
        """Changed, repeated, left out, reflected, cut: each ends it."""

        def changed(one: bytes, two: bytes) -> bytes:
            return one[:-1] + bytes((one[-1] ^ 1,))

        attacks: dict[str, Callable[[bytes, bytes], bytes]] = {
            "changed": changed,
            "left out": lambda one, two: two,
            "cut": lambda one, two: one[:15],
            "shortened": lambda one, two: one[:-1],
        }
        for attack in attacks.values():
            client, server = self.pair()
            with pytest.raises(RemoteProtocolError, match="NTLM"):
                server.unwrap(attack(client.wrap(b"one"), client.wrap(b"two")))
        client, server = self.pair()
        buffer = client.wrap(b"one")
        server.unwrap(buffer)
        with pytest.raises(RemoteProtocolError, match="repeated"):
            server.unwrap(buffer)
        with pytest.raises(RemoteProtocolError, match="NTLM"):
            client.unwrap(buffer)
