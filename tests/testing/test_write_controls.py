"""Controls of updates over a connection: the same on the box and on OpenLDAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import Filter
from ldapom.changes import Replace
from ldapom.errors import AssertionFailed, ResultCode, UnavailableCriticalExtension
from ldapom.protocol import messages as m
from ldapom.protocol.controls import find
from ldapom.protocol.write_controls import (
    Assertion,
    PostRead,
    PostReadResponse,
    PreRead,
    PreReadResponse,
    TreeDelete,
)
from tests.testing.asker import ADA, BASE, EVERYTHING, PEOPLE, Asker

if TYPE_CHECKING:
    from ldapom.protocol.connection import Connection
    from ldapom.testing import Directory
    from tests.servers.targets import Server

# What 389 DS does not have.
pytestmark = pytest.mark.without("ds389")

DEVICE = {"objectClass": ["device"], "cn": ["x"], "description": ["old"]}


def values(
    answer: m.LDAPMessage, kind: type[PreReadResponse | PostReadResponse]
) -> tuple[str, dict[str, tuple[bytes, ...]]]:
    """The entry in an answer's response control."""
    response = find(answer.controls, kind)
    assert response is not None
    entry = response.entry
    return entry.object_name, {a.type: tuple(a.values) for a in entry.attributes}


def version(connection: Connection, dn: str) -> bytes:
    """The entry's entryCSN."""
    (entry,) = connection.search(dn, scope="base", attributes=["entryCSN"])
    return entry["entryCSN"][0]


def assertion(text: str, *values: str | bytes) -> m.Control:
    """An assertion of a filter as text."""
    return Assertion(Filter.parse(text, *values)).control()


class TestReading:
    """RFC 4527, through `Connection`."""

    def test_modify(self, server: Server, subtree: str) -> None:
        """The entry as it was and as it is, what the server made of it included."""
        dn = f"cn=x,{subtree}"
        with server.connection() as connection:
            connection.add(dn, DEVICE)
            before = version(connection, dn)
            answer = connection.modify(
                dn,
                [Replace("description", ["new"])],
                controls=[
                    PreRead(["description", "entryCSN"]).control(),
                    PostRead(["description", "entryCSN"]).control(),
                ],
            )
            after = version(connection, dn)
        assert before != after
        assert values(answer, PreReadResponse) == (
            dn,
            {"description": (b"old",), "entryCSN": (before,)},
        )
        assert values(answer, PostReadResponse) == (
            dn,
            {"description": (b"new",), "entryCSN": (after,)},
        )

    def test_the_others(self, server: Server, subtree: str) -> None:
        """Add, rename and delete answer with the entry as well."""
        dn, renamed = f"cn=x,{subtree}", f"cn=y,{subtree}"
        post, pre = PostRead().control(), PreRead(["cn"]).control()
        with server.connection() as connection:
            answer = connection.add(dn, DEVICE, controls=[post])
            name, found = values(answer, PostReadResponse)
            assert (name, found["cn"]) == (dn, (b"x",))
            assert "entryCSN" not in found
            answer = connection.rename(dn, "cn=y", controls=[pre, post])
            assert values(answer, PreReadResponse) == (dn, {"cn": (b"x",)})
            name, found = values(answer, PostReadResponse)
            assert (name, found["cn"]) == (renamed, (b"y",))
            answer = connection.delete(renamed, controls=[pre])
            assert values(answer, PreReadResponse) == (renamed, {"cn": (b"y",)})

    def test_advertised(self, server: Server) -> None:
        """What works is in the root DSE."""
        with server.connection() as connection:
            for kind in (Assertion, PreRead, PostRead):
                assert connection.root_dse.supports(kind.OID)


class TestAssertion:
    """RFC 4528, through `Connection`."""

    def test_version(self, server: Server, subtree: str) -> None:
        """An update that asserts a version fails once the entry has another."""
        dn = f"cn=x,{subtree}"
        with server.connection() as connection:
            connection.add(dn, DEVICE)
            first = assertion("(entryCSN=?)", version(connection, dn))
            connection.modify(dn, [Replace("description", ["one"])], controls=[first])
            with pytest.raises(AssertionFailed):
                connection.modify(
                    dn, [Replace("description", ["two"])], controls=[first]
                )
            with pytest.raises(AssertionFailed):
                connection.rename(dn, "cn=y", controls=[first])
            with pytest.raises(AssertionFailed):
                connection.delete(dn, controls=[first])
            (entry,) = connection.search(dn, scope="base")
            assert entry.text("description") == ["one"]
            second = assertion("(entryCSN=?)", version(connection, dn))
            connection.delete(dn, controls=[second])


class TestTreeDelete:
    """draft-armijo-ldap-treedelete, on the box."""

    def test_all_below(self, admin: Asker, box: Directory) -> None:
        """The entry goes with all below it, and nothing else."""
        before = len(box)
        people = len(admin.search(base=PEOPLE))
        assert admin.code(m.DelRequest(PEOPLE)) == ResultCode.notAllowedOnNonLeaf
        assert len(box) == before
        control = TreeDelete().control()
        assert admin.code(m.DelRequest(PEOPLE), control) == ResultCode.success
        assert len(box) == before - people
        assert PEOPLE not in box
        assert ADA not in box
        assert not admin.search(Filter.parse("(uid=ada)"))

    def test_whole_context(self, admin: Asker, box: Directory) -> None:
        """Also from the top, over several levels."""
        admin.add(f"ou=deep,{ADA}", {"objectClass": ["organizationalUnit"]})
        control = TreeDelete().control()
        assert admin.code(m.DelRequest(BASE), control) == ResultCode.success
        assert len(box) == 0

    def test_leaf(self, admin: Asker, box: Directory) -> None:
        """An entry without children is deleted as ever."""
        assert admin.code(m.DelRequest(ADA), TreeDelete().control()) == 0
        assert ADA not in box

    def test_refusals(self, anyone: Asker, admin: Asker, box: Directory) -> None:
        """Who may not write deletes nothing; what is not there can not be deleted."""
        control, before = TreeDelete().control(), len(box)
        refused = ResultCode.insufficientAccessRights
        assert anyone.code(m.DelRequest(PEOPLE), control) == refused
        nobody = m.DelRequest(f"ou=nobody,{BASE}")
        assert admin.code(nobody, control) == ResultCode.noSuchObject
        wrong = assertion("(ou=groups)")
        code = admin.code(m.DelRequest(PEOPLE), control, wrong)
        assert code == ResultCode.assertionFailed
        assert len(box) == before

    def test_reading_before(self, admin: Asker) -> None:
        """What can be read of it is the entry that was named."""
        reading = PreRead(["ou"]).control()
        (answer,) = admin.ask(m.DelRequest(PEOPLE), TreeDelete().control(), reading)
        assert values(answer, PreReadResponse) == (PEOPLE, {"ou": (b"people",)})

    def test_only_for_deletes(self, admin: Asker) -> None:
        """On another operation it is a critical control that does not apply."""
        request = m.SearchRequest(BASE, m.Scope.base, EVERYTHING)
        code = admin.code(request, TreeDelete().control())
        assert code == ResultCode.unavailableCriticalExtension

    def test_over_a_connection(self, server: Server, subtree: str) -> None:
        """It works where it is advertised, and is refused where it is not."""
        dn, child = f"cn=x,{subtree}", f"cn=y,cn=x,{subtree}"
        control = TreeDelete().control()
        with server.connection() as connection:
            connection.add(dn, DEVICE)
            connection.add(child, {"objectClass": ["device"], "cn": ["y"]})
            if connection.root_dse.supports(TreeDelete.OID):
                connection.delete(dn, controls=[control])
            else:
                with pytest.raises(UnavailableCriticalExtension):
                    connection.delete(dn, controls=[control])
                connection.delete(child)
                connection.delete(dn)
            assert [entry.dn for entry in connection.search(subtree)] == [subtree]
