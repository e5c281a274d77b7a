"""What is not written: messages that the grammar forbids."""

from __future__ import annotations

from typing import Any

import pytest

from ldapom import filters as f
from ldapom.errors import LDAPError, LocalProtocolError
from ldapom.protocol import codec
from ldapom.protocol import messages as m

codecs = pytest.mark.parametrize("name", codec.CODECS)

SURROGATE = "\ud800"


def wrong(value: object) -> Any:
    """Pass what no type allows."""
    return value


def search(**fields: Any) -> m.SearchRequest:
    """A search with some fields changed."""
    defaults: dict[str, Any] = {
        "base_object": "",
        "scope": m.Scope.base,
        "filter": f.Present("cn"),
    }
    return m.SearchRequest(**{**defaults, **fields})


UNWRITABLE: tuple[tuple[str, m.ProtocolOp], ...] = (
    ("AbandonRequest.message_id", m.AbandonRequest(-1)),
    ("version", m.BindRequest("", m.SimpleAuthentication(b""), 0)),
    ("version", m.BindRequest("", m.SimpleAuthentication(b""), 128)),
    ("authentication", m.BindRequest("", wrong("secret"))),
    ("BindRequest", m.BindRequest("", m.SimpleAuthentication(wrong("secret")))),
    ("SaslCredentials", m.BindRequest("", m.SaslCredentials(SURROGATE))),
    (
        "BindRequest",
        m.BindRequest(
            "", m.SicilyAuthentication(m.SicilyChoice.response, wrong("secret"))
        ),
    ),
    ("size_limit", search(size_limit=-1)),
    ("time_limit", search(time_limit=2**31)),
    ("scope", search(scope=3)),
    ("deref_aliases", search(deref_aliases=4)),
    ("filter", search(filter="(cn=a)")),
    ("base_object", search(base_object=SURROGATE)),
    ("base_object", search(base_object="\udc7f")),
    ("attribute", search(filter=f.Equality(SURROGATE, b""))),
    ("SearchRequest.attributes", search(attributes=(SURROGATE,))),
    ("AddRequest.attributes", m.AddRequest("", (m.PartialAttribute("cn"),))),
    (
        "AddRequest.attributes",
        m.AddRequest("", (m.PartialAttribute(SURROGATE, (b"",)),)),
    ),
    (
        "changes.operation",
        m.ModifyRequest("", (m.ModifyChange(wrong(7), m.PartialAttribute("cn")),)),
    ),
    ("uris", m.SearchResultReference(())),
    ("result_code", m.SearchResultDone(wrong(-1))),
    ("DelRequest", m.DelRequest(wrong(b"cn=x"))),
    ("CompareRequest", m.CompareRequest("", "cn", wrong("text"))),
    (
        "SearchResultEntry",
        m.SearchResultEntry("", (m.PartialAttribute("cn", wrong(("text",))),)),
    ),
    ("no operation", wrong("search")),
)


@codecs
@pytest.mark.parametrize("message_id", [-1, 2**31])
def test_message_id_out_of_range(name: str, message_id: int) -> None:
    """A message id lies between zero and maxInt."""
    with pytest.raises(LocalProtocolError):
        codec.select(name).encode(m.LDAPMessage(message_id, m.UnbindRequest()))


@codecs
def test_unwritable_control(name: str) -> None:
    """Controls are looked at as the operation is."""
    controls = (m.Control(SURROGATE),)
    with pytest.raises(LocalProtocolError, match="Control"):
        codec.select(name).encode(m.LDAPMessage(1, m.UnbindRequest(), controls))


@codecs
@pytest.mark.parametrize(("field", "operation"), UNWRITABLE)
def test_unwritable(name: str, field: str, operation: m.ProtocolOp) -> None:
    """What the grammar forbids is refused by name, and nothing is produced."""
    with pytest.raises(LocalProtocolError) as caught:
        codec.select(name).encode(m.LDAPMessage(1, operation))
    if name == "fast":
        assert field in str(caught.value)


@codecs
def test_refusals_do_not_repeat_a_secret(name: str) -> None:
    """The text of an error never holds a value."""
    secret = m.PartialAttribute("userPassword", wrong(("hunter2",)))
    request = m.AddRequest("cn=x", (secret,))
    with pytest.raises(LDAPError) as caught:
        codec.select(name).encode(m.LDAPMessage(1, request))
    assert "hunter2" not in str(caught.value)
