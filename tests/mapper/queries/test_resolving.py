"""Entries by their names: a constant number of searches a page, on any server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from ldapom import DN, Entry, Many, Session, Simple, attribute
from ldapom.filters import And, Equality, Filter, Or
from ldapom.mapper.queries import asking, resolving
from ldapom.protocol.messages import LDAPMessage, Scope, SearchRequest
from tests.behaviour.between import Between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.testing import Directory
    from tests.servers.targets import Server

PEOPLE = "ou=people,dc=example,dc=com"
ADMIN = Simple(f"uid=admin,{PEOPLE}", "secret")


class Person(Entry, object_class="inetOrgPerson"):
    """Who is looked for."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    uid: Many[str] = attribute("uid", default=())


def without_entry_dn(message: LDAPMessage) -> LDAPMessage:
    """The request as a server understands it that has no ``entryDN``."""
    op = message.op
    if not isinstance(op, SearchRequest):
        return message
    return evolve(message, op=evolve(op, filter=_renamed(op.filter)))


def _renamed(node: Filter) -> Filter:
    if isinstance(node, And | Or):
        return type(node)(tuple(map(_renamed, node.filters)))
    if isinstance(node, Equality) and node.attribute == "entryDN":
        return Equality("noSuchAttributeHere", node.value)
    return node


def fill(session: Session, names: Sequence[DN]) -> None:
    """Put people by these names on the server."""
    for name in names:
        ava = name.rdns[0][0]
        session.add(Person(dn=name, cn=["x"], sn=["x"], uid=[ava.value]))
    session.commit()


def names(count: int, base: str) -> list[DN]:
    """Awkward names."""
    pieces = ("plain", "comma, inc", "a+b", "*star*", "(x)", "back\\slash", "日本")
    return [
        DN.of(("uid", f"{pieces[n % len(pieces)]} {n}"), base) for n in range(count)
    ]


def searches(between: Between) -> list[SearchRequest]:
    """The searches that passed since the last call."""
    found = [each.op for each in between.passed if isinstance(each.op, SearchRequest)]
    between.passed.clear()
    return found


@pytest.mark.parametrize("knows", [True, False])
def test_pages(server: Server, subtree: str, knows: bool) -> None:
    """One search a page; one more in all where the server has no ``entryDN``."""
    alter = (lambda message: message) if knows else without_entry_dn
    between = Between(server.target, alter)
    wanted = names(70, subtree)
    with Session(between, server.admin) as session:
        fill(session, wanted)
        searches(between)
        page, resolving.PAGE = resolving.PAGE, 20
        try:
            found = asking.answer(
                session, resolving.by_name(Person, [*wanted, *wanted])
            )
        finally:
            resolving.PAGE = page
        assert [entry.dn for entry in found] == wanted
        assert len(searches(between)) == (4 if knows else 5)


@pytest.mark.parametrize("knows", [True, False])
def test_other_trees(box: Directory, knows: bool) -> None:
    """Names of several parents, of none, and of parents that are not there."""
    between = Between(box, (lambda message: message) if knows else without_entry_dn)
    groups = "ou=groups,dc=example,dc=com"
    here = [DN.of(("uid", "same"), PEOPLE), DN.of(("uid", "other"), groups)]
    with Session(between, ADMIN) as session:
        fill(session, [*here, DN.of(("uid", "same"), groups)])
        nowhere = [
            DN.parse("uid=same,ou=elsewhere,dc=example,dc=com"),
            DN.parse("uid=same,dc=example,dc=org"),
            DN.parse("uid=same"),
            DN.parse(""),
            DN.opaque("<GUID=1>"),
            DN.parse("uid=#04024869,ou=people,dc=example,dc=com"),
        ]
        for more in ([], nowhere[:1], nowhere[1:3], nowhere):
            found = asking.answer(session, resolving.by_name(Person, [*more, *here]))
            assert [entry.dn for entry in found] == here
        assert asking.answer(session, resolving.by_name(Person, nowhere)) == []
        assert asking.answer(session, resolving.by_name(Person, [])) == []


def test_one_name_is_read_by_itself(box: Directory) -> None:
    """A base search needs no filter for it."""
    between = Between(box)
    with Session(between, ADMIN) as session:
        searches(between)
        (found,) = asking.answer(
            session, resolving.by_name(Person, [DN.parse(ADMIN.dn)])
        )
        (request,) = searches(between)
    assert found.uid == ["admin"]
    assert request.scope is Scope.base


def test_other_spellings(box: Directory) -> None:
    """A name in another spelling finds the entry, and keeps its place."""
    other = DN.parse("UID=Admin , OU=People,DC=Example,dc=COM")
    with Session(box, ADMIN) as session:
        wanted = names(3, PEOPLE)
        fill(session, wanted)
        spelled = [DN.parse(str(name).upper()) for name in wanted]
        found = asking.answer(
            session, resolving.by_name(Person, [spelled[2], other, *spelled[:2]])
        )
    dns = [entry.dn for entry in found]
    assert dns == [wanted[2], DN.parse(ADMIN.dn), wanted[0], wanted[1]]


def test_a_page_is_not_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are bounded by names and by octets, and nothing is left out."""
    monkeypatch.setattr(resolving, "PAGE", 3)
    monkeypatch.setattr(resolving, "PAGE_OCTETS", 100)
    wanted = [*names(7, "dc=x"), DN.of(("cn", "long" * 50), "dc=x"), *names(2, "dc=y")]
    pages = list(resolving._pages(wanted))
    assert [name for page in pages for name in page] == wanted
    assert max(map(len, pages)) == 3
    assert all(
        len(page) == 1 or sum(len(str(name)) for name in page) <= 110 for page in pages
    )
