"""Limits of size and depth, and what hostile octets cost."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import filters as f
from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from tests.protocol.codec.vectors import octets

codecs = pytest.mark.parametrize("name", codec.CODECS)


@codecs
def test_size_is_judged_by_the_header(name: str) -> None:
    """A message over the limit is refused before its contents come; one at it not."""
    chosen = codec.select(name)
    message = chosen.encode(m.LDAPMessage(1, m.DelRequest("x" * 100)))
    size = len(message)
    assert chosen.decode(message, max_size=size) is not None
    assert chosen.decode(message[:2], max_size=size) is None
    with pytest.raises(DecodeError, match="limit"):
        chosen.decode(message[:2], max_size=size - 1)


@codecs
@pytest.mark.parametrize(
    "header", ["30 84 7f ff ff ff", "30 88 ff ff ff ff ff ff ff ff"]
)
def test_huge_claims_are_refused_at_once(name: str, header: str) -> None:
    """A claimed length of gigabytes is refused, never waited for, never allocated."""
    with pytest.raises(DecodeError, match="limit"):
        codec.select(name).decode(octets(header))


@codecs
def test_default_limit(name: str) -> None:
    """The default limit is 64 MiB for a whole message, header included."""
    chosen = codec.select(name)
    assert codec.DEFAULT_MAX_SIZE == 64 * 1024 * 1024
    assert chosen.decode(octets("30 84 03 ff ff fa")) is None
    with pytest.raises(DecodeError, match="limit"):
        chosen.decode(octets("30 84 03 ff ff fb"))


def nested(depth: int) -> bytes:
    """A search whose filter item stands in so many nots."""
    filter_ = octets('87 01 "a"')
    for _ in range(depth):
        size = len(filter_)
        filter_ = b"\xa2\x84" + size.to_bytes(4, "big") + filter_
    head = octets("04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00")
    body = head + filter_ + b"\x30\x00"
    operation = b"\x63\x84" + len(body).to_bytes(4, "big") + body
    message = b"\x02\x01\x01" + operation
    return b"\x30\x84" + len(message).to_bytes(4, "big") + message


@codecs
def test_filter_depth(name: str) -> None:
    """As many sets as allowed may enclose an item, and not one more."""
    chosen = codec.select(name)
    assert codec.DEFAULT_MAX_DEPTH == f.MAX_FILTER_DEPTH
    for limit in (0, 3, codec.DEFAULT_MAX_DEPTH):
        assert chosen.decode(nested(limit), max_depth=limit) is not None
        with pytest.raises(DecodeError, match="nested"):
            chosen.decode(nested(limit + 1), max_depth=limit)


@codecs
@pytest.mark.parametrize("limit", [100, 1_000_000])
def test_ten_thousand_levels(name: str, limit: int) -> None:
    """A filter of ten thousand levels never meets the interpreter's own limit."""
    try:
        found = codec.select(name).decode(nested(10_000), max_depth=limit)
    except DecodeError as error:
        assert "nested" in error.reason
        assert name == "spec" or limit == 100
    else:
        assert found is not None
        assert limit > 100


@codecs
def test_depth_of_what_is_written(name: str) -> None:
    """A filter that nobody would read is not written."""
    node: f.Filter = f.Present("cn")
    for _ in range(codec.DEFAULT_MAX_DEPTH):
        node = f.Not(node)
    request = m.SearchRequest("", m.Scope.base, node)
    assert codec.select(name).encode(m.LDAPMessage(1, request))
    deeper = m.SearchRequest("", m.Scope.base, f.And((node,)))
    with pytest.raises(LocalProtocolError, match="nested"):
        codec.select(name).encode(m.LDAPMessage(1, deeper))


@pytest.mark.parametrize(
    "contents",
    [
        b"\x30\x00" * 100_000,
        b"\x30\x06\x04\x00\x31\x02\x04\x00" * 20_000,
        b"\x30\x84\x7f\xff\xff\xff" + b"\x00" * 200_000,
        b"\x30\x08\x04\x84\x7f\xff\xff\xff" + b"\x04\x7f" * 100_000,
    ],
)
def test_hostile_lists_cost_little(contents: bytes) -> None:
    """A large entry takes neither more than linear time nor much memory."""
    size = len(contents)
    entry = b"\x04\x00\x30\x84" + size.to_bytes(4, "big") + contents
    op = b"\x64\x84" + len(entry).to_bytes(4, "big") + entry
    message = b"\x02\x01\x01" + op
    message = b"\x30\x84" + len(message).to_bytes(4, "big") + message
    tracemalloc.start()
    start = time.process_time()
    try:
        codec.fast.decode(message)
    except DecodeError as error:
        assert error.field.startswith("SearchResultEntry.attributes")
    spent = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 10
    assert peak < 100 * len(message)


@given(st.binary(max_size=200), st.integers(0, 10))
def test_only_one_kind_of_error(noise: bytes, start: int) -> None:
    """Any octets, from any place on, give a message, a wait, or a DecodeError."""
    for name in codec.CODECS:
        try:
            found = codec.select(name).decode(noise, start)
        except DecodeError as error:
            assert start <= error.offset <= len(noise)
        else:
            assert found is None or start < found[1] <= len(noise)
