"""Where a search looks, what it gives back, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol import parts
from ldapom.schema import RootDSE, Schema
from tests.testing.asker import ADA, ADMIN, BASE, EVERYTHING, GROUPS, PEOPLE, found

if TYPE_CHECKING:
    from ldapom.testing import Directory
    from tests.testing.asker import Asker


@pytest.mark.parametrize(
    ("base", "scope", "count"),
    [
        (BASE, "base", 1),
        (BASE, "one", 2),
        (BASE, "sub", 23),
        (PEOPLE, "one", 12),
        (PEOPLE.upper(), "sub", 13),
        (ADA, "base", 1),
        (ADA, "one", 0),
        (ADA, "sub", 1),
    ],
)
def test_scopes(anyone: Asker, base: str, scope: str, count: int) -> None:
    """Each scope reaches as far as RFC 4511 4.5.1.2 says, with an index or without."""
    for filter_ in (EVERYTHING, f.Equality("objectClass", b"top")):
        entries = anyone.search(filter_, "1.1", base=base, scope=parts.Scope[scope])
        assert len(entries) == count


@pytest.mark.parametrize(
    ("base", "code", "matched"),
    [
        (f"ou=x,{ADA}", "noSuchObject", ADA),
        (f"ou=x,ou=y,{BASE}", "noSuchObject", BASE),
        ("dc=com", "noSuchObject", ""),
        ("", "noSuchObject", ""),
        ("cn=Subschema", "noSuchObject", ""),
        ("no dn", "invalidDNSyntax", ""),
    ],
)
def test_no_base(anyone: Asker, base: str, code: str, matched: str) -> None:
    """A base that is not there is named, as far as it is."""
    request = m.SearchRequest(base, m.Scope.sub, EVERYTHING)
    done = anyone.last(request, m.SearchResultDone)
    assert (done.result_code, done.matched_dn) == (ResultCode[code], matched)


NAMES = ["cn", "sn", "givenName", "displayName", "title", "description"]


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        (["1.1"], ""),
        (["cn"], "cn"),
        (["CN", "2.5.4.4", "foo"], "cn sn"),
        (["commonName"], "cn"),
        (["description"], "description description;lang-de"),
        (["description;lang-DE"], "description;lang-de"),
        (["mail;lang-de"], ""),
        (["name"], "cn sn givenName title"),
        (["1.1", "uid"], "uid"),
        (["memberOf", "entryDN"], "entryDN memberOf"),
        (["userPassword"], ""),
        (
            ["@person"],
            "objectClass cn sn telephoneNumber description description;lang-de",
        ),
    ],
)
def test_attributes(anyone: Asker, attributes: list[str], wanted: str) -> None:
    """Only what was asked for comes, under the schema's own names."""
    assert sorted(anyone.read(ADA, *attributes)) == sorted(wanted.split())


def test_all_attributes(anyone: Asker, admin: Asker) -> None:
    """``*`` is all user attributes, ``+`` all operational ones, nothing is ``*``."""
    user, operational = set(anyone.read(ADA, "*")), set(anyone.read(ADA, "+"))
    assert user == set(anyone.read(ADA))
    assert not user & operational
    assert user | operational == set(anyone.read(ADA, "*", "+"))
    assert {"cn", "jpegPhoto", "description;lang-de"} <= user
    assert {"entryUUID", "entryCSN", "memberOf", "createTimestamp"} <= operational
    assert "userPassword" not in user
    assert set(admin.read(ADA)) == user | {"userPassword"}


def test_types_only(anyone: Asker) -> None:
    """``typesOnly`` gives names without values."""
    request = m.SearchRequest(
        ADA, m.Scope.base, EVERYTHING, ("cn", "entryDN"), types_only=True
    )
    entry = anyone.ask(request)[0].op
    assert isinstance(entry, m.SearchResultEntry)
    assert [(a.type, tuple(a.values)) for a in entry.attributes] == [
        ("cn", ()),
        ("entryDN", ()),
    ]


@pytest.mark.parametrize(
    ("limit", "sent", "code"),
    [(0, 23, "success"), (23, 23, "success"), (22, 22, "sizeLimitExceeded")],
)
def test_size_limit(anyone: Asker, limit: int, sent: int, code: str) -> None:
    """The size limit is reached only when there is one entry more."""
    request = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING, size_limit=limit)
    *entries, done = anyone.ask(request)
    assert isinstance(done.op, m.SearchResultDone)
    assert (len(entries), done.op.result_code) == (sent, ResultCode[code])


def test_time_limit(anyone: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit ends a search that takes longer."""
    clock = iter(range(0, 1_000_000, 10))
    monkeypatch.setattr("ldapom.testing.search.monotonic", lambda: next(clock))
    monkeypatch.setattr("ldapom.testing.search._PACE", 2)
    short = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING, time_limit=5)
    assert anyone.code(short) == ResultCode.timeLimitExceeded
    ample = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING, time_limit=5_000)
    assert anyone.code(ample) == ResultCode.success


def test_order(anyone: Asker, admin: Asker) -> None:
    """Entries come in the order they were added; a rename does not change it."""
    before = list(anyone.search())
    assert before[:3] == [BASE, PEOPLE, GROUPS]
    admin.ask(m.ModifyDNRequest(ADMIN, "uid=zzz"))
    assert list(anyone.search())[4:] == before[4:]


def test_sees_changes(anyone: Asker, admin: Asker) -> None:
    """A result that is still being read leaves out what was deleted meanwhile."""
    request = m.SearchRequest(PEOPLE, m.Scope.one, EVERYTHING, ("1.1",))
    answers = anyone.handler.handle(m.LDAPMessage(1, request))
    next(answers)
    assert admin.code(m.DelRequest(ADA)) == ResultCode.success
    names = [a.op.object_name for a in answers if isinstance(a.op, m.SearchResultEntry)]
    assert ADA not in names
    assert len(names) == 10


def test_root_dse(anyone: Asker) -> None:
    """The root DSE says what a client looks for, and offers only what works."""
    assert anyone.search(base="", scope=m.Scope.base) == {
        "": {"objectClass": (b"top", b"extensibleObject")}
    }
    attributes = anyone.read("", "*", "+")
    dse = RootDSE.from_attributes(attributes)
    assert [str(context) for context in dse.naming_contexts] == [BASE]
    assert attributes["supportedLDAPVersion"] == (b"3",)
    assert attributes["vendorName"] == (b"ldapom",)
    assert attributes["subschemaSubentry"] == (b"cn=Subschema",)
    assert b"1.3.6.1.4.1.1466.20037" not in attributes["supportedExtension"]
    requests = (
        m.SearchRequest("", m.Scope.base, EVERYTHING),
        m.ModifyRequest(ADA, ()),
        m.DelRequest(ADA),
        m.BindRequest("", m.SimpleAuthentication(b"")),
    )
    for oid in attributes["supportedControl"]:
        control = m.Control(oid.decode(), criticality=True)
        codes = {anyone.code(request, control) for request in requests}
        assert codes != {ResultCode.unavailableCriticalExtension}


def test_subschema(anyone: Asker, box: Directory) -> None:
    """The subschema entry publishes, on request, all that entries are checked by."""
    plain = anyone.read("cn=subschema")
    assert set(plain) == {"objectClass", "cn"}
    schema = Schema.from_attributes(anyone.read("cn=Subschema", "+"))
    assert not schema.problems
    assert set(schema.object_classes) == set(box.schema.object_classes)
    assert set(schema.attribute_types) >= {*box.schema.attribute_types, "entryCSN"}
    assert len(schema.ldap_syntaxes) == len(box.schema.ldap_syntaxes) > 0
    assert len(schema.matching_rules) == len(box.schema.matching_rules) > 0


def test_member_of(anyone: Asker) -> None:
    """``memberOf`` is computed from the groups."""
    entry = anyone.read(f"cn=admins,{GROUPS}", "memberOf")
    assert entry == {"memberOf": (f"cn=everyone,{GROUPS}".encode(),)}
    assert found(anyone.search(f.Present("memberOf"), "1.1"))[:2] == ["Whalen", "ada"]


def test_bug_is_an_answer(
    anyone: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in the server itself is answered, and logged, not swallowed."""
    monkeypatch.setattr("ldapom.testing.store.Store.locate", lambda *_: 1 // 0)
    request = m.SearchRequest(BASE, m.Scope.sub, EVERYTHING)
    done = anyone.last(request, m.SearchResultDone)
    assert done.result_code == ResultCode.other
    assert "ZeroDivisionError" in caplog.text
