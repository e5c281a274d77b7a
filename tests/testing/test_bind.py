"""Who is let in, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ResultCode
from ldapom.protocol import extended
from ldapom.protocol import messages as m
from ldapom.testing import Directory
from ldapom.testing.access import ANONYMOUS, Identity
from ldapom.testing.handler import Peer
from tests.testing.asker import ADA, ADMIN, BASE, PEOPLE, Asker

if TYPE_CHECKING:
    from typing import Any

WHALEN = f"cn=Whalen\\, Sean,{PEOPLE}"


def who(asker: Asker) -> str:
    """What "who am I" answers."""
    answer = asker.last(m.ExtendedRequest(extended.WHO_AM_I), m.ExtendedResponse)
    return (answer.value or b"").decode()


@pytest.mark.parametrize(
    ("dn", "password", "code"),
    [
        (ADMIN, "secret", "success"),
        (ADA, "secret", "success"),
        (ADA.upper(), "secret", "success"),
        (WHALEN, "secret", "success"),
        (f"uid=konrad,{PEOPLE}", "secret", "success"),
        ("", "", "success"),
        (ADA, "wrong", "invalidCredentials"),
        (ADMIN, "wrong", "invalidCredentials"),
        (f"uid=nobody,{PEOPLE}", "secret", "invalidCredentials"),
        (BASE, "secret", "invalidCredentials"),
        ("", "secret", "invalidCredentials"),
        (ADA, "", "unwillingToPerform"),
        ("no dn", "secret", "invalidDNSyntax"),
    ],
)
def test_simple(box: Directory, dn: str, password: str, code: str) -> None:
    """The right password lets in; a name without a password is never anonymous."""
    asker = Asker(box)
    assert asker.bind(dn, password) == ResultCode[code]
    bound = code == "success" and dn
    assert who(asker).lower() == (f"dn:{dn}".lower() if bound else "")


def test_failed_bind_is_anonymous(admin: Asker) -> None:
    """After a failed bind the former identity is gone (RFC 4513 4)."""
    assert who(admin) == f"dn:{ADMIN}"
    assert admin.bind(ADMIN, "wrong") == ResultCode.invalidCredentials
    assert who(admin) == ""


def test_version(anyone: Asker) -> None:
    """Only LDAPv3 is spoken."""
    request = m.BindRequest("", m.SimpleAuthentication(b""), version=2)
    assert anyone.code(request) == ResultCode.protocolError


@pytest.mark.parametrize(
    ("mechanism", "credentials", "code"),
    [
        ("PLAIN", b"\0ada\0secret", "success"),
        ("plain", b"ada\0ada\0secret", "success"),
        ("PLAIN", b"\0u:ada\0secret", "success"),
        ("PLAIN", b"\0" + ADA.encode() + b"\0secret", "success"),
        ("PLAIN", b"\0dn:" + ADA.encode() + b"\0secret", "success"),
        ("PLAIN", b"\0ada\0wrong", "invalidCredentials"),
        ("PLAIN", b"\0ada\0", "invalidCredentials"),
        ("PLAIN", b"\0nobody\0secret", "invalidCredentials"),
        ("PLAIN", b"admin\0ada\0secret", "invalidCredentials"),
        ("PLAIN", b"ada", "invalidCredentials"),
        ("PLAIN", None, "invalidCredentials"),
        ("EXTERNAL", None, "authMethodNotSupported"),
        ("GSSAPI", b"", "authMethodNotSupported"),
    ],
)
def test_sasl(
    box: Directory, mechanism: str, credentials: bytes | None, code: str
) -> None:
    """PLAIN takes a uid or a DN; what is not offered is named in the refusal."""
    asker = Asker(box)
    how = m.SaslCredentials(mechanism, credentials)
    answer = asker.last(m.BindRequest("", how), m.BindResponse)
    assert answer.result_code == ResultCode[code]
    assert who(asker) == (f"dn:{ADA}" if code == "success" else "")
    assert ("PLAIN is" in answer.diagnostic_message) is (code.startswith("auth"))


def test_external(box: Directory) -> None:
    """EXTERNAL is whoever the connection says, and offered where it says so."""
    asker = Asker(box, Peer(external=Identity(ADA)))
    external = m.BindRequest("", m.SaslCredentials("EXTERNAL"))
    assert asker.code(external) == ResultCode.success
    assert who(asker) == f"dn:{ADA}"
    offered = asker.read("", "supportedSASLMechanisms")["supportedSASLMechanisms"]
    assert {b"EXTERNAL", b"PLAIN"} <= set(offered)
    other = m.BindRequest("", m.SaslCredentials("EXTERNAL", b"dn:cn=x"))
    assert asker.code(other) == ResultCode.invalidCredentials


def test_secrets_stay_hidden(box: Directory) -> None:
    """No password shows in the repr of a directory or of its parts."""
    asker = Asker(box)
    asker.bind(ADMIN, "secret")
    parts: list[Any] = [box, box.admin, asker.handler.inner.identity, ANONYMOUS]
    assert not [part for part in parts if "secret" in repr(part)]


def test_admin_without_entry() -> None:
    """The admin needs no entry, and only his password lets in."""
    directory = Directory("dc=test", admin=("cn=root", "pass word"))
    asker = Asker(directory)
    assert asker.bind("cn=root", "pass") == ResultCode.invalidCredentials
    assert asker.bind("CN=Root", "pass word") == ResultCode.success
    assert who(asker) == "dn:cn=root"


def test_password_modify(box: Directory) -> None:
    """RFC 3062: the old password changes the own one; the new one is stored hashed."""
    asker = Asker(box)
    asker.bind(ADA, "secret")

    def change(
        identity: str | None, old: bytes | None, new: bytes | None
    ) -> ResultCode:
        return asker.code(extended.PasswordModify(identity, old, new).request())

    assert change(None, b"wrong", b"new") == ResultCode.invalidCredentials
    assert change(None, None, b"new") == ResultCode.insufficientAccessRights
    assert change(ADMIN, b"secret", b"x") == ResultCode.insufficientAccessRights
    assert change(f"dn:{ADA}", b"secret", b"new") == ResultCode.success
    assert asker.bind(ADA, "secret") == ResultCode.invalidCredentials
    assert asker.bind(ADA, "new") == ResultCode.success
    asker.bind()
    assert change(ADA, None, b"third") == ResultCode.success
    (stored,) = asker.read(ADA, "userPassword")["userPassword"]
    assert stored.startswith(b"{SSHA256}")
    malformed = m.ExtendedRequest(extended.PASSWORD_MODIFY, b"\x30\x05")
    assert asker.code(malformed) == ResultCode.protocolError


def test_unknown_extended(anyone: Asker) -> None:
    """An unknown extended operation is a protocolError (RFC 4511 4.12)."""
    assert anyone.code(m.ExtendedRequest("1.2.3")) == ResultCode.protocolError
    start_tls = m.ExtendedRequest(extended.START_TLS)
    assert anyone.code(start_tls) == ResultCode.protocolError
