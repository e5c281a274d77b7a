"""The errors: one class for each result code, and texts that can be shown."""

from __future__ import annotations

import copy
import pickle

import pytest

from ldapom._printable import printable
from ldapom.errors import RESULT_ERRORS, ResultCode, ResultError, ValidationError
from ldapom.protocol.messages import DelRequest


@pytest.mark.parametrize("code", list(ResultCode), ids=lambda code: code.name)
def test_each_code_has_its_class(code: ResultCode) -> None:
    """The table finds a class of its own, which knows its code."""
    if code is ResultCode.success:
        assert code not in RESULT_ERRORS
        return
    kind = RESULT_ERRORS[code]
    assert kind.result_code is code
    error = kind(code, diagnostic_message="no", request=DelRequest("cn=a"))
    assert str(error) == f"{code.name} ({int(code)}): no [DelRequest 'cn=a']"


def test_an_unknown_code_keeps_its_number() -> None:
    """Codes are extensible (RFC 4511 4.1.9)."""
    error = ResultError(4242)
    assert int(error.code) == 4242
    assert str(error) == "unknown_4242 (4242)"


def test_what_a_server_says_can_be_shown() -> None:
    """Its words are kept as they came; the text obeys none and prints everywhere."""
    words = "80090308: LdapErr: \x1b[2J\r\nfake line \u202e\udcff\0"
    error = ResultError(
        49, diagnostic_message=words, referrals=["ldap://\x07/"], matched_dn="cn=\x1b"
    )
    text = str(error)
    assert error.diagnostic_message == words
    assert text.isprintable()
    assert text == (
        "invalidCredentials (49): 80090308: LdapErr: "
        r"\x1b[2J\r\nfake line \u202e\udcff [matched 'cn=\x1b'] [see ldap://\x07/]"
    )


def test_copies() -> None:
    """An error pickles and copies with all it carries."""
    error = RESULT_ERRORS[ResultCode.busy](
        51, matched_dn="cn=a", referrals=("ldap://",)
    )
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert other.__dict__ == error.__dict__


def test_a_message_says_the_first_of_many_findings() -> None:
    """An import may have thousands; the message can be read, and tells of the rest."""
    error = ValidationError([f"finding {number}" for number in range(1000)])
    assert len(error.findings) == 1000
    assert str(error).startswith("finding 0; finding 1; ")
    assert str(error).endswith("finding 19; and 980 more, all in .findings")
    assert str(ValidationError(["a", "b"])) == "a; b"


@pytest.mark.parametrize("text", ["", "plain", "Müller\\x", "你好 🎉"])
def test_what_is_printable_stays(text: str) -> None:
    """Nothing is escaped that can be shown."""
    assert printable(text) == text
