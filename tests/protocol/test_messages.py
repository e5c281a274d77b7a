"""Messages as values: what they hold, compare, hide and refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from tests.strategies import all_messages


def wrong(value: object) -> Any:
    """Pass what no type allows."""
    return value


@given(all_messages)
def test_messages_are_values(message: m.LDAPMessage) -> None:
    """Copies and pickles are equal, hash alike, and show alike."""
    for twin in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert twin == message
        assert hash(twin) == hash(message)
        assert repr(twin) == repr(message)


@pytest.mark.parametrize("kind", m.ProtocolOp.__args__)
def test_messages_are_frozen(kind: type) -> None:
    """No message can be changed, and none takes a new attribute."""
    assert attrs.has(kind)
    message = object.__new__(kind)
    for name in ("anything", *(field.name for field in attrs.fields(kind))):
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(message, name, None)
    assert not hasattr(message, "__dict__")


@pytest.mark.parametrize(
    "shown",
    [
        m.SimpleAuthentication(b"hunter2"),
        m.SaslCredentials("PLAIN", b"\0u\0hunter2"),
        m.BindRequest("cn=x", m.SimpleAuthentication(b"hunter2")),
        m.BindResponse(server_sasl_creds=b"hunter2"),
        m.PartialAttribute("userPassword", (b"hunter2",)),
        m.PartialAttribute("USERPASSWORD;x-a", (b"hunter2",)),
        m.AddRequest("cn=x", (m.PartialAttribute("unicodePwd", (b"hunter2",)),)),
        m.ModifyRequest(
            "cn=x",
            (
                m.ModifyChange(
                    m.ModifyOperation.replace,
                    m.PartialAttribute("userPassword", (b"hunter2",)),
                ),
            ),
        ),
        m.CompareRequest("cn=x", "userPassword", b"hunter2"),
        m.ExtendedRequest("1.3.6.1.4.1.4203.1.11.1", b"hunter2"),
        m.ExtendedResponse(value=b"hunter2"),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_secrets_are_hidden(shown: object) -> None:
    """No text of a message holds a password, credentials or a secret value."""
    for text in (repr(shown), str(shown), repr(m.LDAPMessage(1, wrong(shown)))):
        assert "hunter2" not in text
        assert "hidden" in text


def test_what_is_no_secret_is_shown() -> None:
    """Values of other attributes are shown."""
    assert "b'x'" in repr(m.PartialAttribute("cn", (b"x",)))
    assert "b'x'" in repr(m.CompareRequest("cn=x", "cn", b"x"))


@pytest.mark.parametrize(
    ("message", "target"),
    [
        (m.BindRequest("cn=x", m.SimpleAuthentication(b"")), "cn=x"),
        (m.SearchRequest("dc=x", m.Scope.base, f.Present("cn")), "dc=x"),
        (m.ModifyRequest("cn=x", ()), "cn=x"),
        (m.AddRequest("cn=x", ()), "cn=x"),
        (m.DelRequest("cn=x"), "cn=x"),
        (m.ModifyDNRequest("cn=x", "cn=y"), "cn=x"),
        (m.CompareRequest("cn=x", "cn", b""), "cn=x"),
        (m.ExtendedRequest("1.2.3"), "1.2.3"),
    ],
)
def test_target(message: Any, target: str) -> None:
    """A request says what it is about, for the texts of errors."""
    assert message.target == target


def test_lists_become_tuples() -> None:
    """Any iterable is taken, once, and kept as a tuple."""
    attribute = m.PartialAttribute("cn", iter([b"a", b"b"]))
    assert attribute.values == (b"a", b"b")
    assert m.AddRequest("cn=x", iter([attribute])).attributes == (attribute,)
    assert m.SearchResultReference(["ldap://a"]).uris == ("ldap://a",)
    change = m.ModifyChange(m.ModifyOperation.add, attribute)
    assert m.ModifyRequest("cn=x", [change]).changes == (change,)
    control = m.Control("1.2")
    assert m.LDAPMessage(1, m.UnbindRequest(), [control]).controls == (control,)


def test_a_lone_value_does_not_fall_apart() -> None:
    """Text or octets where a list belongs are refused, not taken apart."""
    with pytest.raises(TypeError, match="bytes"):
        m.PartialAttribute("cn", wrong(b"value"))
    with pytest.raises(TypeError, match="str"):
        m.SearchRequest("", m.Scope.base, f.Present("cn"), wrong("cn"))
    with pytest.raises(TypeError, match="str"):
        m.SearchResultReference(wrong("ldap://a"))


def test_result_codes() -> None:
    """A number becomes its member; one that nobody knows survives as its own."""
    assert m.SearchResultDone(wrong(32)).result_code is ResultCode.noSuchObject
    unknown = m.SearchResultDone(wrong(12345)).result_code
    assert unknown == 12345
    assert unknown.name == "unknown_12345"
