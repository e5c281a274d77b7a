"""The untyped connection, the same on every server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.dn import DN
from ldapom.errors import (
    AttributeOrValueExists,
    EntryAlreadyExists,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    NoSuchAttribute,
    NoSuchObject,
    NotAllowedOnNonLeaf,
    ObjectClassViolation,
    ProtocolErrorResult,
    ResultError,
    UndefinedAttributeType,
)
from ldapom.filters import Equality, Filter
from ldapom.protocol import messages as m
from ldapom.protocol.credentials import Anonymous, Simple

if TYPE_CHECKING:
    from tests.servers.targets import Server

#: Values that other libraries escape too little, too much, or lose.
NASTY = [
    "plain",
    "John (Jim) Doe",
    "*)(uid=*",
    "a\\b",
    "nul\0inside",
    "åäö ÅÄÖ",
    "Whalen, Sean",
    "100% Sales",
    'quote " and # and + and ; and <>',
    "# leading",
    "\U0001f600",
]


def test_who_am_i(server: Server) -> None:
    """The server's own words for the identity; empty for nobody."""
    with server.connection() as connection:
        # 389 DS has a blank behind the colon.
        said = connection.who_am_i().lower().replace(": ", ":")
        assert said == f"dn:{server.admin.dn}"
    with server.connection(Anonymous()) as connection:
        assert connection.who_am_i() == ""


def test_a_wrong_password_raises(server: Server) -> None:
    """And the connection is not open behind the with statement."""
    connection = server.connection(Simple(server.admin.dn, "wrong"))
    with pytest.raises(InvalidCredentials) as caught, connection:
        pytest.fail("not reached")
    assert "wrong" not in str(caught.value)
    assert not connection.is_open


def test_rebinding_changes_the_identity(server: Server) -> None:
    """A second bind on the same connection counts."""
    with server.connection(Anonymous()) as connection:
        connection.bind(server.admin)
        assert "admin" in connection.who_am_i()
        connection.bind(Anonymous())
        assert connection.who_am_i() == ""


def test_search_gives_entries_in_any_case(server: Server) -> None:
    """Names are found whatever their case; values are bytes or text."""
    with server.connection() as connection:
        (entry,) = connection.search(server.base, "(uid=admin)")
    assert entry["CN"] == entry["cn"]
    assert entry.text("UID") == ["admin"]
    assert "nothing" not in entry
    with pytest.raises(KeyError):
        entry["nothing"]
    assert server.admin.dn.lower() == entry.dn.lower()


def test_secrets_are_struck_out_of_entries(server: Server) -> None:
    """The administrator may read the password; its text form does not show it."""
    with server.connection() as connection:
        (entry,) = connection.search(
            server.base, "(uid=admin)", attributes=["userPassword"]
        )
    (stored,) = entry.text("userPassword")
    assert stored
    assert stored not in str(entry)
    assert stored not in repr(entry)


def test_scopes(server: Server, subtree: str) -> None:
    """Base, one level and subtree."""
    with server.connection() as connection:
        for dn in (f"ou=a,{subtree}", f"ou=b,ou=a,{subtree}"):
            connection.add(dn, {"objectClass": "organizationalUnit"} | _rdn(dn))
        for scope, count in (("base", 1), ("one", 1), ("sub", 3)):
            found = list(connection.search(subtree, scope=scope))  # type: ignore[arg-type]  # a loop over literals
            assert len(found) == count
        with pytest.raises(ValueError, match="scope"):
            connection.search(subtree, scope="all")  # type: ignore[arg-type]  # wrong


def _rdn(dn: str) -> dict[str, str]:
    ava = DN.parse(dn).rdns[0][0]
    return {ava.type: ava.value}


def test_nothing_found_is_empty_and_no_base_raises(server: Server) -> None:
    """No entry is no error; a base that is not there is one."""
    with server.connection() as connection:
        assert list(connection.search(server.base, "(uid=nobody)")) == []
        with pytest.raises(NoSuchObject) as caught:
            list(connection.search(f"ou=nowhere,{server.base}"))
    assert caught.value.matched_dn.lower() == server.base
    assert isinstance(caught.value.request, m.SearchRequest)


def test_an_entry_lives(server: Server, subtree: str) -> None:
    """Add, compare, modify, rename, move, delete."""
    dn = f"cn=one,{subtree}"
    with server.connection() as connection:
        connection.add(dn, {"objectClass": ["organizationalRole"], "cn": "one"})
        with pytest.raises(EntryAlreadyExists):
            connection.add(dn, {"objectClass": ["organizationalRole"], "cn": "one"})
        connection.modify(dn, [Add("description", ["a", "b"]), Replace("ou", "x")])
        assert connection.compare(dn, "description", "A")
        assert not connection.compare(dn, "description", "c")
        with pytest.raises(AttributeOrValueExists):
            connection.modify(dn, [Add("description", "a")])
        with pytest.raises(NoSuchAttribute):
            connection.modify(dn, [Delete("description", "c")])
        connection.modify(dn, [Delete("description", "a"), Delete("ou")])
        connection.rename(dn, "cn=two")
        connection.add(
            f"ou=sub,{subtree}", {"objectClass": "organizationalUnit", "ou": "sub"}
        )
        connection.rename(
            f"cn=two,{subtree}", "cn=three", new_superior=DN.parse(f"ou=sub,{subtree}")
        )
        (entry,) = connection.search(subtree, "(cn=three)")
        assert entry.text("description") == ["b"]
        assert entry.text("cn") == ["three"]
        assert "ou" not in entry
        with pytest.raises(NotAllowedOnNonLeaf):
            connection.delete(f"ou=sub,{subtree}")
        connection.delete(entry.dn)
        assert list(connection.search(subtree, "(cn=three)")) == []


def test_a_modify_is_atomic(server: Server, subtree: str) -> None:
    """When one change is refused, none is made."""
    with server.connection() as connection:
        with pytest.raises(ResultError):
            connection.modify(
                subtree, [Replace("description", "x"), Delete("telephoneNumber", "1")]
            )
        (entry,) = connection.search(subtree, scope="base")
        assert "description" not in entry


@pytest.mark.without("ds389")
def test_increment(server: Server, subtree: str) -> None:
    """RFC 4525."""
    dn = f"cn=group,{subtree}"
    with server.connection() as connection:
        values = {"objectClass": "posixGroup", "cn": "group", "gidNumber": "41"}
        connection.add(dn, values)
        connection.modify(dn, [Increment("gidNumber", 1)])
        assert connection.compare(dn, "gidNumber", "42")


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_values_arrive_as_they_are(server: Server, subtree: str, value: str) -> None:
    """In a DN, in an attribute, and in a filter: nobody escapes anything."""
    value = server.can_hold(value)
    dn = DN.of(("cn", value), subtree)
    with server.connection() as connection:
        connection.add(dn, {"objectClass": "organizationalRole", "cn": value})
        for condition in (
            Equality("cn", value.encode()),
            Filter.parse("(cn=?)", value),
            Filter.parse("(&(objectClass=*)(cn=?))", value.encode()),
        ):
            (entry,) = connection.search(subtree, condition)
            assert entry.text("cn") == [value]
        assert connection.compare(entry.dn, "cn", value)
        connection.modify(entry.dn, [Replace("seeAlso", entry.dn)])
        (found,) = connection.search(entry.dn, scope="base")
        assert DN.parse(found.text("seeAlso")[0]) == dn == DN.from_server(found.dn)
        connection.delete(found.dn)


def test_binary_values(server: Server, subtree: str) -> None:
    """All octets, empty values where the syntax has them, and a large one."""
    every = bytes(range(256))
    with server.connection() as connection:
        dn = f"cn=bytes,{subtree}"
        connection.add(
            dn,
            {
                "objectClass": "inetOrgPerson",
                "cn": "bytes",
                "sn": "bytes",
                "jpegPhoto": every * 20_000,
                "audio": every,
            },
        )
        (entry,) = connection.search(dn, scope="base")
        assert entry["jpegPhoto"] == [every * 20_000]
        assert entry["audio"] == [every]


def test_pages(server: Server, subtree: str) -> None:
    """A paged search gives each entry once, with other operations in between."""
    with server.connection() as connection:
        names = {f"n{number:03}" for number in range(25)}
        for name in names:
            dn = f"cn={name},{subtree}"
            connection.add(dn, {"objectClass": "organizationalRole", "cn": name})
        seen = []
        for entry in connection.search(subtree, "(cn=n*)", page_size=7):
            seen += entry.text("cn")
            assert connection.who_am_i()
        assert sorted(seen) == sorted(names)
        with connection.search(subtree, "(cn=n*)", page_size=7) as stream:
            next(stream)
        assert len(list(connection.search(subtree, "(cn=n*)", page_size=10))) == 25


def test_unknown_extended_operations(server: Server) -> None:
    """The server refuses what it does not know, with a class of its own."""
    with server.connection() as connection, pytest.raises(ProtocolErrorResult):
        connection.extended("1.2.3.4.5.6.7.8")


def test_unknown_attributes_go_as_asked(server: Server, subtree: str) -> None:
    """Nothing is checked against a schema here: the server has the last word."""
    with server.connection() as connection:
        found = connection.search(server.base, "(noSuchAttribute=x)")
        assert list(found) == []
        # 389 DS says that the class does not allow it.
        with pytest.raises((UndefinedAttributeType, ObjectClassViolation)):
            connection.modify(subtree, [Add("noSuchAttribute", "x")])


def test_root_dse_and_schema(server: Server) -> None:
    """Read when first asked for, once."""
    with server.connection() as connection:
        dse = connection.root_dse
        assert server.base in [str(name) for name in dse.naming_contexts]
        assert connection.root_dse is dse
        assert "inetOrgPerson" in connection.schema.object_classes
        assert connection.schema.attribute_types["uidNumber"].single_value
        assert connection.schema is connection.schema


def test_a_connection_is_shared_by_threads(server: Server) -> None:
    """Each thread gets its own answers."""
    wrong: list[object] = []

    def work() -> None:
        try:
            for _ in range(20):
                (entry,) = connection.search(server.base, "(uid=admin)")
                if entry.text("uid") != ["admin"]:
                    wrong.append(entry)
        except LDAPError as error:
            wrong.append(error)

    with server.connection() as connection:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_the_spec_codec_does_the_same(server: Server) -> None:
    """Any connection may run on RFC 4511 in pyasn1; its text form says so."""
    from ldapom.protocol.connection import Connection
    from ldapom.protocol.settings import Wire

    connection = Connection(
        server.target, server.admin, tls=server.tls, wire=Wire(codec="spec")
    )
    with connection:
        assert "spec" in str(connection)
        assert len(list(connection.search(server.base, page_size=5))) > 5


def test_a_closed_connection_can_be_opened_again(server: Server) -> None:
    """`with` may be used several times."""
    connection = server.connection()
    for _ in range(2):
        with connection:
            assert connection.who_am_i()
        with pytest.raises(LocalProtocolError):
            connection.who_am_i()
