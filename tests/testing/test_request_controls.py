"""Controls: pages, sorting, assertions, reading before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol import codec
from ldapom.protocol import messages as m
from ldapom.protocol.codec import ber
from ldapom.protocol.codec.fast.filters import write_filter
from ldapom.protocol.controls import (
    ManageDsaIT,
    PagedResults,
    ServerSideSort,
    ServerSideSortResponse,
    SortKey,
    find,
)
from tests.testing.asker import ADA, BASE, EVERYTHING, PEOPLE, Asker, found, partial

if TYPE_CHECKING:
    from ldapom.filters import Filter
    from ldapom.testing import Directory

ALL = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING, ("1.1",))


def assertion(filter_: Filter) -> m.Control:
    """The control of RFC 4528."""
    return m.Control("1.3.6.1.1.12", True, write_filter(filter_))


def reading(oid: str, *attributes: str) -> m.Control:
    """One of the two controls of RFC 4527."""
    parts = [ber.element(ber.OCTET_STRING, name.encode()) for name in attributes]
    return m.Control(f"1.3.6.1.1.13.{oid}", True, ber.sequence(parts))


def cookie_of(done: m.LDAPMessage) -> bytes:
    """The cookie of the next page."""
    page = find(done.controls, PagedResults)
    assert page is not None
    return page.cookie


def pages(asker: Asker, request: m.SearchRequest, size: int) -> list[list[str]]:
    """The DNs of all pages."""
    result: list[list[str]] = []
    cookie = b""
    while True:
        names, done = asker.page(request, PagedResults(size, cookie))
        result.append(names)
        cookie = cookie_of(done)
        if not cookie:
            return result


# --- pages -------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 22, 23, 24, 1000])
def test_pages(anyone: Asker, size: int) -> None:
    """Pages are full but the last, and together they are the unpaged result."""
    result = pages(anyone, ALL, size)
    assert [len(page) for page in result[:-1]] == [size] * (len(result) - 1)
    assert [name for page in result for name in page] == list(anyone.search())
    assert len(result) == -(-23 // size)


def test_empty_page(anyone: Asker) -> None:
    """A search that finds nothing is one empty page without a cookie."""
    nothing = m.SearchRequest(BASE, m.Scope.sub, f.Equality("uid", b"nobody"))
    assert pages(anyone, nothing, 5) == [[]]


def test_page_cancelled(anyone: Asker) -> None:
    """Size 0 with a cookie ends the search; its cookie is worthless then."""
    _, done = anyone.page(ALL, PagedResults(5))
    cookie = cookie_of(done)
    names, done = anyone.page(ALL, PagedResults(0, cookie))
    assert (names, cookie_of(done)) == ([], b"")
    _, done = anyone.page(ALL, PagedResults(5, cookie))
    assert isinstance(done.op, m.SearchResultDone)
    assert done.op.result_code == ResultCode.unwillingToPerform


def test_one_cookie(anyone: Asker) -> None:
    """A connection keeps one paged search, as OpenLDAP does."""
    _, first = anyone.page(ALL, PagedResults(5))
    _, second = anyone.page(ALL, PagedResults(5))
    for cookie, code in ((cookie_of(first), 53), (cookie_of(second), 0)):
        _, done = anyone.page(ALL, PagedResults(5, cookie))
        assert isinstance(done.op, m.SearchResultDone)
        assert done.op.result_code == code


def test_plain_search_between(anyone: Asker) -> None:
    """A search without pages does not disturb one with them."""
    _, done = anyone.page(ALL, PagedResults(20))
    anyone.search()
    names, done = anyone.page(ALL, PagedResults(20, cookie_of(done)))
    assert len(names) == 3


def test_page_of_another_search(anyone: Asker) -> None:
    """A cookie goes with its own search only."""
    _, done = anyone.page(ALL, PagedResults(5))
    other = m.SearchRequest(PEOPLE, m.Scope.sub, EVERYTHING)
    _, done = anyone.page(other, PagedResults(5, cookie_of(done)))
    assert isinstance(done.op, m.SearchResultDone)
    assert done.op.result_code == ResultCode.unwillingToPerform


def test_pages_over_changes(anyone: Asker, admin: Asker) -> None:
    """Changes between pages neither break the search nor repeat an entry."""
    names, done = anyone.page(ALL, PagedResults(5))
    admin.ask(m.DelRequest(f"uid=hedy,{PEOPLE}"))
    admin.ask(m.ModifyDNRequest(f"uid=bob,{PEOPLE}", "uid=robert"))
    admin.add(f"cn=x,{PEOPLE}", {"objectClass": ["device"]})
    while cookie := cookie_of(done):
        more, done = anyone.page(ALL, PagedResults(5, cookie))
        names += more
    assert len(set(names)) == len(names) == 22
    assert f"uid=hedy,{PEOPLE}" not in names
    assert f"uid=robert,{PEOPLE}" in names
    assert f"uid=bob,{PEOPLE}" not in names


def test_size_limit_of_pages(anyone: Asker) -> None:
    """The size limit counts over all pages."""
    limited = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING, ("1.1",), size_limit=7)
    names, done = anyone.page(limited, PagedResults(5))
    more, done = anyone.page(limited, PagedResults(5, cookie_of(done)))
    assert (len(names), len(more)) == (5, 2)
    assert isinstance(done.op, m.SearchResultDone)
    assert done.op.result_code == ResultCode.sizeLimitExceeded


def test_size_zero(anyone: Asker) -> None:
    """Size 0 without a cookie asks for no pages at all."""
    names, done = anyone.page(ALL, PagedResults(0))
    assert (len(names), cookie_of(done)) == (23, b"")


def test_pages_go_on_behind_a_bind(anyone: Asker) -> None:
    """As with OpenLDAP and 389 DS; `test_rebind` says what the new one may see."""
    names, done = anyone.page(ALL, PagedResults(5))
    anyone.bind()
    more, done = anyone.page(ALL, PagedResults(20, cookie_of(done)))
    assert isinstance(done.op, m.SearchResultDone)
    assert done.op.result_code == ResultCode.success
    assert len({*names, *more}) == 23
    assert cookie_of(done) == b""


# --- sorting -----------------------------------------------------------------


def sort(
    asker: Asker, *keys: SortKey, critical: bool = False
) -> tuple[list[str], m.LDAPMessage]:
    """The people in this order, and the last answer."""
    request = m.SearchRequest(PEOPLE, m.Scope.one, EVERYTHING, ("1.1",))
    control = ServerSideSort(keys, criticality=critical).control()
    *entries, done = asker.ask(request, control)
    names = [e.op.object_name for e in entries if isinstance(e.op, m.SearchResultEntry)]
    return [found({name: 0})[0] for name in names], done


@pytest.mark.parametrize(
    ("keys", "first", "last"),
    [
        ([SortKey("sn")], "admin", "konrad"),
        ([SortKey("sn", reverse=True)], "konrad", "admin"),
        ([SortKey("uidNumber")], "admin", "test"),
        ([SortKey("sn", "caseIgnoreOrderingMatch")], "admin", "konrad"),
        ([SortKey("loginShell"), SortKey("cn", reverse=True)], "test", "Whalen"),
        ([SortKey("employeeNumber"), SortKey("uid")], "charles", "test"),
        ([SortKey("employeeNumber", reverse=True), SortKey("uid")], "admin", "charles"),
    ],
)
def test_sort(anyone: Asker, keys: list[SortKey], first: str, last: str) -> None:
    """Sorted by the first key first; the least of many values; none comes last."""
    names, done = sort(anyone, *keys)
    assert (names[0], names[-1], len(names)) == (first, last, 12)
    answer = find(done.controls, ServerSideSortResponse)
    assert answer is not None
    assert answer.result_code == ResultCode.success


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (SortKey("foo"), "noSuchAttribute"),
        (SortKey("userPassword"), "noSuchAttribute"),
        (SortKey("jpegPhoto"), "inappropriateMatching"),
        (SortKey("sn", "fooMatch"), "inappropriateMatching"),
    ],
)
def test_no_order(anyone: Asker, key: SortKey, code: str) -> None:
    """What can not be sorted by comes unsorted and says so, or not at all if critical."""
    names, done = sort(anyone, key)
    answer = find(done.controls, ServerSideSortResponse)
    assert answer is not None
    assert (answer.result_code, answer.attribute) == (ResultCode[code], key.attribute)
    assert names[:2] == ["admin", "ada"]
    names, done = sort(anyone, key, critical=True)
    assert isinstance(done.op, m.SearchResultDone)
    assert done.op.result_code == ResultCode.unavailableCriticalExtension
    assert not names


def test_sorted_pages(anyone: Asker) -> None:
    """Sorting goes over all pages, and each page says that it is sorted."""
    request = m.SearchRequest(PEOPLE, m.Scope.one, EVERYTHING, ("1.1",))
    control = ServerSideSort((SortKey("uidNumber", reverse=True),)).control()
    names: list[str] = []
    cookie = b""
    while True:
        page, done = anyone.page(request, PagedResults(5, cookie), control)
        assert find(done.controls, ServerSideSortResponse) is not None
        names += page
        cookie = cookie_of(done)
        if not cookie:
            break
    assert names == list(anyone.search(base=PEOPLE, scope=m.Scope.one))[::-1]


# --- the others --------------------------------------------------------------


def test_assertion(admin: Asker) -> None:
    """An operation whose assertion is not true changes nothing (RFC 4528)."""
    title = m.ModifyChange(m.ModifyOperation.replace, *partial({"title": ["x"]}))
    requests: list[m.ProtocolOp] = [
        m.ModifyRequest(ADA, (title,)),
        m.CompareRequest(ADA, "uid", b"ada"),
        m.SearchRequest(ADA, m.Scope.base, EVERYTHING),
        m.ModifyDNRequest(ADA, "uid=ada2"),
        m.DelRequest(f"uid=ada2,{PEOPLE}"),
    ]
    wrong, right = f.Equality("sn", b"nobody"), f.Equality("sn", b"lovelace")
    for request in requests:
        code = admin.code(request, assertion(wrong))
        assert code in {ResultCode.assertionFailed, ResultCode.noSuchObject}
    for request in requests:
        code = admin.code(request, assertion(right))
        assert code in {ResultCode.success, ResultCode.compareTrue}
    assert not admin.search(f.Equality("sn", b"lovelace"))


def read_back(answer: m.LDAPMessage) -> dict[str, tuple[bytes, ...]]:
    """The attributes in the response control of RFC 4527."""
    (control,) = answer.controls
    assert control.value is not None
    envelope = ber.sequence([ber.write_integer(1), control.value])
    decoded = codec.decode(envelope)
    assert decoded is not None
    entry = decoded[0].op
    assert isinstance(entry, m.SearchResultEntry)
    return {a.type: tuple(a.values) for a in entry.attributes}


def test_read_before_and_after(admin: Asker) -> None:
    """RFC 4527: the entry as it was and as it is, in the answer itself."""
    title = m.ModifyChange(m.ModifyOperation.replace, *partial({"title": ["x"]}))
    request = m.ModifyRequest(ADA, (title,))
    (answer,) = admin.ask(request, reading("1", "title", "entryCSN"))
    before = read_back(answer)
    assert before["title"] == (b"Analyst",)
    (answer,) = admin.ask(request, reading("2", "title", "entryCSN"))
    after = read_back(answer)
    assert after["title"] == (b"x",)
    assert after["entryCSN"] != before["entryCSN"]
    (answer,) = admin.ask(m.DelRequest(ADA), reading("1"))
    assert read_back(answer)["uid"] == (b"ada",)
    add = m.AddRequest(f"cn=x,{PEOPLE}", partial({"objectClass": ["device"]}))
    (answer,) = admin.ask(add, reading("2", "cn", "structuralObjectClass"))
    assert read_back(answer) == {"cn": (b"x",), "structuralObjectClass": (b"device",)}


def test_critical(anyone: Asker, box: Directory) -> None:
    """A critical control that is unknown, or does not fit here, refuses the request."""
    unknown, paged = m.Control("1.2.3", True), PagedResults(5, b"", True).control()
    refused = ResultCode.unavailableCriticalExtension
    assert anyone.code(ALL, unknown) == refused
    assert anyone.code(ALL, m.Control("1.2.3")) == ResultCode.success
    assert anyone.code(m.CompareRequest(ADA, "uid", b"ada"), paged) == refused
    anonymous = m.BindRequest("", m.SimpleAuthentication(b""))
    assert anyone.code(anonymous, unknown) == refused
    assert anyone.code(ALL, ManageDsaIT().control()) == ResultCode.success
    assert len(box) == 23


@pytest.mark.parametrize("oid", [PagedResults.OID, ServerSideSort.OID, "1.3.6.1.1.12"])
@pytest.mark.parametrize("value", [None, b"", b"\x30\x05", b"\xff"])
def test_malformed(anyone: Asker, oid: str, value: bytes | None) -> None:
    """A control whose value is none is a protocolError."""
    assert anyone.code(ALL, m.Control(oid, False, value)) == ResultCode.protocolError
