"""Requests for new passwords, as octets and as conversations."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import (
    AccountConstraint,
    ConnectionLost,
    DecodeError,
    LocalProtocolError,
    OutcomeUnknown,
    Reason,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol.extended import PASSWORD_MODIFY, PasswordModify
from ldapom.protocol.flows.passwords import Renewed, Way, renew, request_for
from ldapom.secrets import Secret
from tests.protocol.flows.test_flows import Conversation

OLD, NEW = Secret("old word"), Secret("newPassword")
MODIFY, DOMAIN = PASSWORD_MODIFY.encode(), b"1.2.840.113556.1.4.800"
#: The value of Microsoft's own example for ``unicodePwd``.
QUOTED = base64.b64decode("IgBuAGUAdwBQAGEAcwBzAHcAbwByAGQAIgA=")


def changes_of(request: object) -> list[tuple[str, str, tuple[bytes, ...]]]:
    """Return the parts of a Modify that make a difference."""
    assert isinstance(request, m.ModifyRequest)
    return [
        (c.operation.name, c.modification.type, c.modification.values)
        for c in request.changes
    ]


def test_active_directory_reset() -> None:
    """[MS-ADTS] 3.1.1.3.1.5: Replace, with the value of Microsoft's example."""
    request = request_for(Way.unicode_pwd, "cn=x", None, NEW)
    assert changes_of(request) == [("replace", "unicodePwd", (QUOTED,))]
    assert request.target == "cn=x"


def test_active_directory_change() -> None:
    """Delete of the old and Add of the new one, in one Modify, in this order."""
    request = request_for(Way.unicode_pwd, "cn=x", OLD, NEW)
    quoted = '"old word"'.encode("utf-16-le")
    assert changes_of(request) == [
        ("delete", "unicodePwd", (quoted,)),
        ("add", "unicodePwd", (QUOTED,)),
    ]


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_quoted(text: str) -> None:
    """Whatever the password, it is that text in quotes; no form of it is shown."""
    request = request_for(Way.unicode_pwd, "cn=x", None, Secret(text))
    ((_, _, (value,)),) = changes_of(request)
    assert value.decode("utf-16-le") == f'"{text}"'
    assert "hidden" in repr(request)
    assert repr(value) not in repr(request)


def test_octets_that_are_no_text() -> None:
    """They have no UTF-16; the error does not show them."""
    with pytest.raises(LocalProtocolError, match="no UTF-8") as caught:
        request_for(Way.unicode_pwd, "cn=x", None, Secret(b"\xff\xfecanary"))
    assert caught.value.__context__ is None
    with pytest.raises(LocalProtocolError, match="makes up no passwords"):
        request_for(Way.unicode_pwd, "cn=x", None, None)


@pytest.mark.parametrize("old", [None, OLD])
@pytest.mark.parametrize("new", [None, NEW])
def test_password_modify(old: Secret | None, new: Secret | None) -> None:
    """RFC 3062: what is not given is not there."""
    request = request_for(Way.password_modify, "cn=x", old, new)
    assert isinstance(request, m.ExtendedRequest)
    assert request.name == PASSWORD_MODIFY
    assert PasswordModify.decode(request.value) == PasswordModify(
        "cn=x", *(None if given is None else given.reveal() for given in (old, new))
    )


DSES: dict[str, tuple[dict[str, bytes], Way]] = {
    "nothing": ({}, Way.password_modify),
    "RFC 3062": ({"supportedExtension": MODIFY}, Way.password_modify),
    "domain": ({"supportedcapabilities": DOMAIN}, Way.unicode_pwd),
    "LDS": ({"supportedCapabilities": b"1.2.840.113556.1.4.1851"}, Way.unicode_pwd),
    "like one": ({"supportedCapabilities": DOMAIN + b"0"}, Way.password_modify),
    "both": (
        {"supportedExtension": MODIFY, "supportedCapabilities": DOMAIN},
        Way.password_modify,
    ),
}


@pytest.mark.parametrize("case", DSES)
def test_way(case: str) -> None:
    """RFC 3062 where it is advertised, ``unicodePwd`` in other Active Directories."""
    attributes, expected = DSES[case]
    listed = [m.PartialAttribute(name, (value,)) for name, value in attributes.items()]
    dse = m.SearchResultEntry("", listed)
    taken = m.ModifyResponse() if expected is Way.unicode_pwd else m.ExtendedResponse()
    talk = Conversation([dse, m.SearchResultDone()], taken)
    assert talk.run(renew(talk.engine, "cn=x", None, NEW)) == Renewed(expected)
    assert isinstance(talk.sent[0], m.SearchRequest)
    assert talk.sent[1] == request_for(expected, "cn=x", None, NEW)


@pytest.mark.parametrize("code", [ResultCode.unwillingToPerform, ResultCode.success])
def test_a_root_dse_that_is_hidden(code: ResultCode) -> None:
    """The server is taken to know RFC 3062."""
    talk = Conversation(m.SearchResultDone(code), m.ExtendedResponse())
    assert talk.run(renew(talk.engine, "cn=x", OLD, NEW)).way is Way.password_modify


def test_a_password_that_the_server_made_up() -> None:
    """It is returned as text, and not shown."""
    value = bytes.fromhex("3084000000088006") + b"a\xc3\xa4bcd"
    talk = Conversation(m.ExtendedResponse(value=value))
    done = talk.run(renew(talk.engine, "cn=x", None, None, Way.password_modify))
    assert done.made == "aäbcd"
    assert "bcd" not in repr(done)
    talk = Conversation(m.ExtendedResponse(value=b"\x30\x05"))
    with pytest.raises(DecodeError):
        talk.run(renew(talk.engine, "cn=x", None, None, Way.password_modify))


def test_refused() -> None:
    """The error is of the code's class, with the reason."""
    words = "00000056: AtrErr: DSID-03190F80, problem 1005 (CONSTRAINT_ATT_TYPE)"
    refusal = m.ModifyResponse(ResultCode.constraintViolation, "", words)
    talk = Conversation(refusal)
    with pytest.raises(AccountConstraint) as caught:
        talk.run(renew(talk.engine, "cn=x", OLD, NEW, Way.unicode_pwd))
    assert caught.value.reason is Reason.wrong
    assert "newPassword" not in f"{caught.value!r} {caught.value.request!r}"


@pytest.mark.parametrize("way", Way)
def test_a_lost_answer(way: Way) -> None:
    """Nobody knows which password counts."""
    talk = Conversation(ConnectionLost("gone"))
    with pytest.raises(OutcomeUnknown) as caught:
        talk.run(renew(talk.engine, "cn=x", OLD, NEW, way))
    assert caught.value.request == request_for(way, "cn=x", OLD, NEW)
