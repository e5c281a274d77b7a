"""Referral objects and aliases in the box, against what OpenLDAP does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import LDAPError, Referral, ResultCode
from ldapom.filters import Present
from ldapom.protocol import messages as m
from ldapom.protocol import parts
from ldapom.protocol.controls import ManageDsaIT

if TYPE_CHECKING:
    from tests.servers.targets import Server

MANAGE = [ManageDsaIT().control()]
ELSEWHERE = "ldap://other.test/ou=there,dc=other"


@pytest.fixture
def pointers(server: Server, subtree: str) -> str:
    """A referral object, aliases, and what they stand for."""
    entries: dict[str, dict[str, str | list[str]]] = {
        "ou=real": {"objectClass": "organizationalUnit", "ou": "real"},
        "cn=one,ou=real": {"objectClass": "person", "cn": "one", "sn": "one"},
        "ou=part": {"objectClass": "organizationalUnit", "ou": "part"},
        "ou=alias,ou=part": {
            "objectClass": ["alias", "extensibleObject"],
            "ou": "alias",
            "aliasedObjectName": f"ou=real,{subtree}",
        },
        "ou=away,ou=part": {
            "objectClass": ["referral", "extensibleObject"],
            "ou": "away",
            "ref": ELSEWHERE,
        },
    }
    with server.connection() as connection:
        for name, attributes in entries.items():
            connection.add(f"{name},{subtree}", attributes, controls=MANAGE)
    return subtree


@pytest.fixture(autouse=True)
def _tidy(server: Server, subtree: str) -> object:
    """Take the referral object away, which a search does not show."""
    yield
    with server.connection() as connection:
        try:
            connection.delete(f"ou=away,ou=part,{subtree}", controls=MANAGE)
        except LDAPError as error:
            assert getattr(error, "code", None) == ResultCode.noSuchObject


@pytest.mark.without("ds389")
@pytest.mark.parametrize("scope", ["base", "one", "sub"])
@pytest.mark.parametrize("deref", list(m.DerefAliases))
@pytest.mark.parametrize("base", ["", "ou=part,", "ou=alias,ou=part,"])
def test_searches(
    server: Server, pointers: str, scope: str, deref: m.DerefAliases, base: str
) -> None:
    """Which entries and which references come, by base, scope and aliases."""
    request = m.SearchRequest(
        f"{base}{pointers}",
        parts.Scope[scope],
        Present("objectClass"),
        deref_aliases=deref,
    )
    with server.connection() as connection:
        stream = connection.stream(request)
        names = {entry.dn.removesuffix(pointers) for entry in stream}
        references = stream.references
    follows_base = deref in (m.DerefAliases.finding_base, m.DerefAliases.always)
    follows = deref in (m.DerefAliases.in_searching, m.DerefAliases.always)
    assert (names, bool(references)) == expected(
        base, scope, follows_base=follows_base, follows=follows
    )
    for url in references:
        there = "sub" if scope == "sub" else "base"
        assert url == f"{ELSEWHERE}??{there}"


def expected(
    base: str, scope: str, *, follows_base: bool, follows: bool
) -> tuple[set[str], bool]:
    """What RFC 4511 4.5.1.3 and RFC 3296 5.5 say."""
    real, one, part, alias = (
        "ou=real,",
        "cn=one,ou=real,",
        "ou=part,",
        "ou=alias,ou=part,",
    )
    if base == alias:
        if not follows_base:
            return ({alias} if scope != "one" else set()), False
        return {"base": {real}, "one": {one}, "sub": {real, one}}[scope], False
    if base == part:
        behind = {alias} if not follows else ({real} if scope == "one" else {real, one})
        found = {"base": {part}, "one": behind, "sub": {part} | behind}[scope]
        return found, scope != "base"
    whole = {"", real, one, part} | (set() if follows else {alias})
    return {"base": {""}, "one": {real, part}, "sub": whole}[scope], scope == "sub"


@pytest.mark.without("ds389")
def test_names_below(server: Server, pointers: str) -> None:
    """Whatever names the referral object, or something below it, is sent on."""
    away = f"ou=away,ou=part,{pointers}"
    with server.connection() as connection:
        for call in (
            lambda: list(connection.search(f"cn=x,{away}", scope="one")),
            lambda: connection.compare(f"cn=x,{away}", "cn", "x"),
            lambda: connection.modify(f"cn=x,{away}", []),
            lambda: connection.delete(f"cn=x,{away}"),
            lambda: connection.rename(f"cn=x,{away}", "cn=y"),
            lambda: connection.add(f"cn=x,{away}", {"objectClass": "device"}),
        ):
            with pytest.raises(Referral) as caught:
                call()
            (url,) = caught.value.referrals
            assert url.startswith("ldap://other.test/cn=x,ou=there,dc=other")


def test_managed(server: Server, pointers: str) -> None:
    """With ManageDsaIT it is an entry like others (RFC 3296 3)."""
    away = f"ou=away,ou=part,{pointers}"
    with server.connection() as connection:
        (entry,) = connection.search(
            away, scope="base", attributes=["ref"], controls=MANAGE
        )
        assert entry.text("ref") == [ELSEWHERE]
        stream = connection.search(pointers, controls=MANAGE)
        assert away in [found.dn for found in stream]
        assert stream.references == []
