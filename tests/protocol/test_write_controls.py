"""The controls of updates: known octets, both ways, and what is no such value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import filters as f
from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol.controls import find
from ldapom.protocol.messages import Control, PartialAttribute, SearchResultEntry
from ldapom.protocol.write_controls import (
    Assertion,
    PostRead,
    PostReadResponse,
    PreRead,
    PreReadResponse,
    TransactionSpecification,
    TreeDelete,
)
from tests.protocol.codec.vectors import octets
from tests.strategies import all_filters, partial_attributes, texts, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.filters import Filter

ENTRY = SearchResultEntry("cn=a", (PartialAttribute("cn", (b"a", b"b")),))
ENTRY_OCTETS = '64 16 04 04 "cn=a" 30 0e 30 0c 04 02 "cn" 31 06 04 01 "a" 04 01 "b"'

#: Value, its OID and criticality, octets.
VECTORS: tuple[tuple[Any, str, bool, str | None], ...] = (
    (
        Assertion(f.Equality("cn", b"a")),
        "1.3.6.1.1.12",
        True,
        'a3 07 04 02 "cn" 04 01 "a"',
    ),
    (
        Assertion(f.Not(f.And([f.Present("cn")])), criticality=False),
        "1.3.6.1.1.12",
        False,
        'a2 06 a0 04 87 02 "cn"',
    ),
    (PreRead(), "1.3.6.1.1.13.1", False, "30 00"),
    (PreRead(["*", "+"]), "1.3.6.1.1.13.1", False, '30 06 04 01 "*" 04 01 "+"'),
    (
        PostRead(["cn"], criticality=True),
        "1.3.6.1.1.13.2",
        True,
        '30 04 04 02 "cn"',
    ),
    (PreReadResponse(ENTRY), "1.3.6.1.1.13.1", False, ENTRY_OCTETS),
    (PostReadResponse(ENTRY), "1.3.6.1.1.13.2", False, ENTRY_OCTETS),
    (
        PostReadResponse(SearchResultEntry("")),
        "1.3.6.1.1.13.2",
        False,
        "64 04 04 00 30 00",
    ),
    (TreeDelete(), "1.2.840.113556.1.4.805", True, None),
    (TreeDelete(criticality=False), "1.2.840.113556.1.4.805", False, None),
    (TransactionSpecification(b"t1"), "1.3.6.1.1.21.2", True, '"t1"'),
    (TransactionSpecification(b""), "1.3.6.1.1.21.2", True, ""),
)
KINDS: tuple[type[Any], ...] = (
    Assertion,
    PreRead,
    PostRead,
    PreReadResponse,
    PostReadResponse,
)


@pytest.mark.parametrize(("value", "oid", "criticality", "text"), VECTORS)
def test_vectors(value: Any, oid: str, criticality: bool, text: str | None) -> None:
    """A value is written as these octets and read back from them."""
    control = Control(oid, criticality, None if text is None else octets(text))
    assert value.control() == control
    assert type(value).decode(control) == value


@given(all_filters, st.booleans())
def test_assertion(condition: Filter, criticality: bool) -> None:
    """Every filter comes back."""
    value = Assertion(condition, criticality)
    assert Assertion.decode(value.control()) == value


@given(st.sampled_from([PreRead, PostRead]), st.lists(texts), st.booleans())
def test_read(
    kind: type[PreRead | PostRead], attributes: list[str], criticality: bool
) -> None:
    """Every selection comes back."""
    value = kind(attributes, criticality)
    assert kind.decode(value.control()) == value


@given(
    st.sampled_from([PreReadResponse, PostReadResponse]),
    texts,
    st.lists(partial_attributes),
)
def test_read_response(
    kind: type[PreReadResponse | PostReadResponse],
    name: str,
    attributes: list[PartialAttribute],
) -> None:
    """Every entry comes back."""
    value = kind(SearchResultEntry(name, tuple(attributes)))
    assert kind.decode(value.control()) == value


@given(values)
def test_transaction_specification(identifier: bytes) -> None:
    """Every identifier comes back, the empty one too."""
    value = TransactionSpecification(identifier)
    assert TransactionSpecification.decode(value.control()) == value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=30))
def test_noise(kind: type[Any], data: bytes) -> None:
    """Any octets give a value that can be written, or a DecodeError."""
    try:
        value = kind.decode(Control(kind.OID, value=data))
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert kind.decode(value.control()) == value


@pytest.mark.parametrize("kind", [*KINDS, TransactionSpecification])
def test_without_a_value(kind: type[Any]) -> None:
    """A control that must have a value and has none is malformed."""
    with pytest.raises(DecodeError, match="no control value"):
        kind.decode(Control(kind.OID))


@pytest.mark.parametrize(
    ("kind", "text", "offset"),
    [
        (Assertion, "", 0),
        (Assertion, 'a3 07 04 02 "cn" 04 01 "a" 00', 9),
        (Assertion, 'aa 04 04 02 "cn"', 0),
        (Assertion, "a2 00", 2),
        (PreRead, "30 00 00", 2),
        (PreRead, '31 04 04 02 "cn"', 0),
        (PostRead, '30 04 02 02 "cn"', 2),
        (PostRead, "30 80 00 00", 1),
        (PreReadResponse, "30 04 04 00 30 00", 0),
        (PreReadResponse, "64 04 04 00 30 00 00", 6),
        (PostReadResponse, "64 04 04 00 31 00", 4),
        (PostReadResponse, "64 06 04 00 30 02 30 00", 8),
        # An entry and, behind it, what would be the controls of a message.
        (PostReadResponse, "64 04 04 00 30 00 a0 00", 6),
    ],
)
def test_malformed(kind: type[Any], text: str, offset: int) -> None:
    """Octets that are no such value are refused, and the error says where."""
    with pytest.raises(DecodeError) as caught:
        kind.decode(Control(kind.OID, value=octets(text)))
    assert caught.value.offset == offset


def test_errors_name_the_value() -> None:
    """An error inside of a filter does not speak of a search."""
    with pytest.raises(DecodeError, match="Assertion: unknown choice"):
        Assertion.decode(Control(Assertion.OID, value=b"\xaa\x00"))


def test_depth() -> None:
    """A filter that no stack holds is refused both ways."""
    condition: Filter = f.Present("cn")
    data = b"\x87\x02cn"
    for _ in range(200):
        condition = f.Not(condition)
        length = len(data).to_bytes(2)
        data = b"\xa2\x82" + length + data
    with pytest.raises(LocalProtocolError, match="nested"):
        Assertion(condition).control()
    with pytest.raises(DecodeError, match="nested"):
        Assertion.decode(Control(Assertion.OID, value=data))


@pytest.mark.parametrize(
    "write",
    [
        Assertion(f.Present("\ud800")).control,
        PreRead(["\ud800"]).control,
        PostReadResponse(SearchResultEntry("\ud800")).control,
    ],
)
def test_unwritable(write: Callable[[], Control]) -> None:
    """What can not be sent is refused before it is."""
    with pytest.raises(LocalProtocolError):
        write()


def test_one_text_is_no_selection() -> None:
    """A text would fall apart into its letters."""
    with pytest.raises(TypeError):
        PostRead("cn")


def test_find() -> None:
    """Before and after are told apart by their OIDs, in any order."""
    before, after = PreReadResponse(ENTRY), PostReadResponse(SearchResultEntry("cn=b"))
    controls = (after.control(), before.control())
    assert find(controls, PreReadResponse) == before
    assert find(controls, PostReadResponse) == after
    assert find(controls[:1], PreReadResponse) is None
    requests: list[object] = [PreRead(), PostRead()]
    assert requests[0] != requests[1]
