"""The codec that does the work: tuned by hand, in agreement with `codec.spec`."""

from __future__ import annotations

from typing import Final

from ldapom.protocol.codec.fast.decode import decode, receive
from ldapom.protocol.codec.fast.encode import encode
from ldapom.protocol.codec.fast.entries import receive_answers

__all__ = ["NAME", "decode", "encode", "receive", "receive_answers"]

#: How this codec is selected.
NAME: Final = "fast"
