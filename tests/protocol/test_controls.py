"""Control values: known octets, both ways, and what is no such value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError, LocalProtocolError, ResultCode
from ldapom.protocol.controls import (
    ControlValue,
    ManageDsaIT,
    PagedResults,
    ServerSideSort,
    ServerSideSortResponse,
    SortKey,
    find,
)
from ldapom.protocol.messages import Control
from tests.protocol.codec.vectors import octets
from tests.strategies import numbers, optional_texts, texts, values

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS: tuple[tuple[Any, str | None], ...] = (
    (PagedResults(5), "30 05 02 01 05 04 00"),
    (PagedResults(1000, b"\x01\x02"), "30 08 02 02 03 e8 04 02 01 02"),
    (PagedResults(0, b"x", criticality=True), '30 06 02 01 00 04 01 "x"'),
    (ServerSideSort((SortKey("sn"),)), '30 06 30 04 04 02 "sn"'),
    (
        ServerSideSort((SortKey("sn", "2.5.13.3", True), SortKey("cn", reverse=True))),
        '30 1c 30 11 04 02 "sn" 80 08 "2.5.13.3" 81 01 ff 30 07 04 02 "cn" 81 01 ff',
    ),
    (ServerSideSortResponse(), "30 03 0a 01 00"),
    (
        ServerSideSortResponse(ResultCode.noSuchAttribute, "sn"),
        '30 07 0a 01 10 80 02 "sn"',
    ),
    (ManageDsaIT(), None),
    (ManageDsaIT(criticality=False), None),
)


@pytest.mark.parametrize(("value", "text"), VECTORS)
def test_vectors(value: Any, text: str | None) -> None:
    """A value is written as these octets and read back from them."""
    control = value.control()
    assert control.type == value.OID
    assert control.criticality == value.criticality
    assert control.value == (None if text is None else octets(text))
    assert type(value).decode(control) == value


@given(numbers, values, st.booleans())
def test_paged_results(size: int, cookie: bytes, criticality: bool) -> None:
    """Every size and cookie comes back."""
    value = PagedResults(size, cookie, criticality)
    assert PagedResults.decode(value.control()) == value


@given(st.lists(st.builds(SortKey, texts, optional_texts, st.booleans()), min_size=1))
def test_server_side_sort(keys: list[SortKey]) -> None:
    """Every list of keys comes back in its order."""
    value = ServerSideSort(tuple(keys))
    assert ServerSideSort.decode(value.control()) == value


@given(numbers.map(ResultCode), optional_texts)
def test_sort_response(code: ResultCode, attribute: str | None) -> None:
    """Every code, known or not, and attribute comes back."""
    value = ServerSideSortResponse(code, attribute)
    assert ServerSideSortResponse.decode(value.control()) == value


KINDS: tuple[type[Any], ...] = (PagedResults, ServerSideSort, ServerSideSortResponse)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=20))
def test_noise(kind: type[Any], data: bytes) -> None:
    """Any octets give a value that can be written, or a DecodeError."""
    try:
        value = kind.decode(Control(kind.OID, value=data))
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert kind.decode(value.control()) == value


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_value(kind: type[Any]) -> None:
    """A control that must have a value and has none is malformed."""
    with pytest.raises(DecodeError, match="no control value"):
        kind.decode(Control(kind.OID))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (PagedResults, "30 05 02 01 05 04 00 00"),
        (PagedResults, "30 07 02 01 05 04 00 04 00"),
        (PagedResults, "30 03 02 01 05"),
        (PagedResults, "30 80 02 01 05 04 00 00 00"),
        (ServerSideSort, "30 00"),
        (ServerSideSort, '30 06 30 04 04 02 "sn" 00'),
        (ServerSideSort, '30 09 30 07 04 02 "sn" 82 01 00'),
        (ServerSideSortResponse, "30 03 0a 01 ff"),
        (ServerSideSortResponse, "30 05 0a 01 00 81 00"),
    ],
)
def test_malformed(kind: type[Any], text: str) -> None:
    """Octets that are no such value are refused."""
    with pytest.raises(DecodeError):
        kind.decode(Control(kind.OID, value=octets(text)))


def test_negative_estimate() -> None:
    """A server that does not know the whole may say so by a negative number."""
    control = Control(PagedResults.OID, value=octets("30 05 02 01 ff 04 00"))
    assert PagedResults.decode(control).size == 0


@pytest.mark.parametrize(
    "write",
    [
        PagedResults(-1).control,
        PagedResults(2**31).control,
        ServerSideSort(()).control,
        ServerSideSort((SortKey("\ud800"),)).control,
        ServerSideSort((SortKey("cn", "\ud800"),)).control,
        ServerSideSortResponse(ResultCode(-1)).control,
        ServerSideSortResponse(ResultCode.success, "\ud800").control,
    ],
)
def test_unwritable(write: Callable[[], Control]) -> None:
    """What can not be sent is refused before it is."""
    with pytest.raises(LocalProtocolError):
        write()


def test_find() -> None:
    """The first control of the kind is decoded; others are not looked at."""
    broken = Control(ServerSideSort.OID, value=b"junk")
    paged = PagedResults(5, b"c")
    controls = (broken, paged.control(), PagedResults(6).control())
    assert find(controls, PagedResults) == paged
    assert find(controls, ManageDsaIT) is None
    with pytest.raises(DecodeError):
        find(controls, ServerSideSort)


def test_find_takes_classes_of_others() -> None:
    """Any class of the same shape can be looked for."""

    class Mine:
        OID = "1.2.3"

        @classmethod
        def decode(cls, control: Control) -> Mine:
            return cls()

    kind: type[Any] = Mine
    assert isinstance(find((Control("1.2.3"),), kind), Mine)
    assert ControlValue.__doc__
