"""The signed layer of DIGEST-MD5 (RFC 2831 2.3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import RemoteProtocolError
from ldapom.protocol.layers import LayerStream
from ldapom.protocol.sasl.digest_layer import IntegrityLayer, signing_keys
from ldapom.secrets import Secret


class TestLayer:
    """RFC 2831 2.3."""

    KEYS: Final = signing_keys(Secret(bytes(range(16))))

    def pair(self, **sizes: int) -> tuple[IntegrityLayer, IntegrityLayer]:
        """Both ends."""
        ours, theirs = self.KEYS
        room = {"max_send": 1000, "max_receive": 65536, **sizes}
        return IntegrityLayer(ours, theirs, **room), IntegrityLayer(
            theirs, ours, **room
        )

    def test_octets(self) -> None:
        """HMAC-MD5 over number and message, cut to 10; the type 1; the number."""
        client, _ = self.pair()
        magic = b"Digest session key to client-to-server signing key magic constant"
        key = hashlib.md5(bytes(range(16)) + magic).digest()
        for number in range(3):
            count = number.to_bytes(4, "big")
            mac = hmac.digest(key, count + b"hello", "md5")[:10]
            assert client.wrap(b"hello") == b"hello" + mac + b"\0\1" + count

    @given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 100))
    def test_there_and_back(self, messages: list[bytes], size: int) -> None:
        """Whatever is sent arrives, in pieces of any size."""
        ends = self.pair(max_send=size)
        sender, receiver = map(LayerStream, ends)
        for message in messages:
            assert receiver.open(sender.protect(message)) == message
            assert sender.open(receiver.protect(message)) == message

    @given(st.data())
    def test_changes_are_found(self, data: st.DataObject) -> None:
        """Each single bit counts."""
        client, server = self.pair()
        buffer = bytearray(client.wrap(data.draw(st.binary(max_size=20))))
        at = data.draw(st.integers(0, len(buffer) * 8 - 1))
        buffer[at // 8] ^= 1 << at % 8
        with pytest.raises(RemoteProtocolError, match="changed"):
            server.unwrap(bytes(buffer))

    def test_repeated_left_out_reflected(self) -> None:
        """The number and the direction count too."""
        client, server = self.pair()
        first, second = client.wrap(b"a"), client.wrap(b"b")
        assert server.unwrap(first) == b"a"
        with pytest.raises(RemoteProtocolError):
            server.unwrap(first)
        _, other = self.pair()
        with pytest.raises(RemoteProtocolError):
            other.unwrap(second)
        with pytest.raises(RemoteProtocolError):
            client.unwrap(first)

    @pytest.mark.parametrize("size", range(16))
    def test_too_short(self, size: int) -> None:
        """A buffer has a signature at least."""
        _, server = self.pair()
        with pytest.raises(RemoteProtocolError, match=f"buffer of {size} octets"):
            server.unwrap(bytes(size))
