"""From what people write to requests: what fits, and what is told apart early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.dn import DN
from ldapom.filters import Present
from ldapom.protocol import messages as m
from ldapom.protocol import requests
from ldapom.protocol.credentials import Simple
from ldapom.protocol.extended import PASSWORD_MODIFY

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "cn=a,dc=x"


def test_names_are_text_or_dns() -> None:
    """A `DN` goes as its text, and text as it is, whether it parses or not."""
    assert requests.delete(DN.parse(NAME)) == requests.delete(NAME)
    assert requests.delete("<GUID=x>").entry == "<GUID=x>"
    assert requests.rename(NAME, DN.parse("cn=b"), None, delete_old_rdn=True) == (
        m.ModifyDNRequest(NAME, "cn=b")
    )
    assert Simple(DN.parse(NAME), "p").dn == NAME


@pytest.mark.parametrize(
    "make",
    [
        lambda name: requests.search(name, "(a=b)", "sub", (), 0),
        lambda name: requests.add(name, {}),
        lambda name: requests.modify(name, []),
        requests.delete,
        lambda name: requests.rename(name, "cn=b", None, delete_old_rdn=True),
        lambda name: requests.rename(NAME, name, None, delete_old_rdn=True),
        lambda name: requests.compare(name, "a", "b"),
        lambda name: Simple(name, "p"),
    ],
)
@pytest.mark.parametrize("name", [None, 5, b"cn=a"])
def test_other_things_are_no_names(make: Callable[[Any], object], name: object) -> None:
    """``None`` or bytes would become a name nobody meant."""
    with pytest.raises(TypeError, match=f"str or DN, not {type(name).__name__}"):
        make(name)


@pytest.mark.parametrize("value", [5, [b"1", None], "\ud800"])
def test_what_is_wrong_in_an_add_is_named(value: Any) -> None:
    """Of many attributes the error names the one."""
    given = {"cn": "a", "uidNumber": value, "sn": ["b"]}
    with pytest.raises((TypeError, ValueError), match=r"^uidNumber: "):
        requests.add(NAME, given)


def test_changes_in_their_order() -> None:
    """Each kind of change has its operation."""
    changes = (Add("a", "1"), Delete("b"), Replace("c", [b"2"]), Increment("d", -3))
    assert requests.modify(NAME, changes).changes == (
        m.ModifyChange(m.ModifyOperation.add, m.PartialAttribute("a", (b"1",))),
        m.ModifyChange(m.ModifyOperation.delete, m.PartialAttribute("b")),
        m.ModifyChange(m.ModifyOperation.replace, m.PartialAttribute("c", (b"2",))),
        m.ModifyChange(m.ModifyOperation.increment, m.PartialAttribute("d", (b"-3",))),
    )


@pytest.mark.parametrize(
    "changes", [[("add", "cn", "x")], [None], ["cn"], {"cn": ["x"]}]
)
def test_other_things_are_no_changes(changes: Any) -> None:
    """A modlist of another library is answered with what to write."""
    with pytest.raises(TypeError, match=r"Add, Delete, Replace or Increment, .* Add\("):
        requests.modify(NAME, changes)


def test_other_things_are_no_attributes() -> None:
    """Pairs, as LDIF records have them, are answered with what to write."""
    with pytest.raises(TypeError, match=r"dict\(record\.attributes\)"):
        requests.add(NAME, (("cn", (b"x",)),))  # type: ignore[arg-type]  # the point


def test_one_for_several() -> None:
    """A single change or attribute name where a list is wanted shows the list."""
    with pytest.raises(TypeError, match=r"\[Replace\('cn', \(b'x',\)\)\]"):
        requests.modify(NAME, Replace("cn", "x"))  # type: ignore[arg-type]  # the point
    with pytest.raises(TypeError, match=r"\['cn'\]"):
        requests.search(NAME, Present("cn"), "sub", "cn", 0)


@pytest.mark.parametrize("scope", list(m.Scope))
def test_scopes_by_name_or_number(scope: m.Scope) -> None:
    """The three words of RFC 4516, or the enum itself."""
    assert requests.as_scope(scope.name) is scope  # type: ignore[arg-type]  # a word
    assert requests.as_scope(scope) is scope


def test_unknown_scope() -> None:
    """The words are named."""
    with pytest.raises(ValueError, match='"base", "one" or "sub"'):
        requests.as_scope("subtree")  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    ("request_", "secret"),
    [
        (requests.add(NAME, {"cn": "x", "userPassword": "y"}), "userPassword"),
        (requests.modify(NAME, [Delete("2.5.4.35;x", "y")]), "2.5.4.35;x"),
        (requests.compare(NAME, "unicodePwd", "y"), "unicodePwd"),
        (m.ExtendedRequest(PASSWORD_MODIFY, b"y"), "password"),
        (requests.add(NAME, {"cn": "userPassword"}), None),
        (m.ExtendedRequest("1.2.3", b"y"), None),
        (requests.delete(NAME), None),
    ],
)
def test_secrets_are_known(request_: m.Request, secret: str | None) -> None:
    """What would show a secret on a clear connection is named, the rest is free."""
    found = requests.secret_in(request_)
    assert (
        (found is None) if secret is None else (found is not None and secret in found)
    )
