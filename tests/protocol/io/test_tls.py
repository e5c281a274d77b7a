"""TLS settings that would weaken in silence, without any server."""

from __future__ import annotations

import shutil
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.errors import TLSError
from ldapom.protocol.io.tls import Tls, shared_context
from ldapom.protocol.io.tls_layer import tls_error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.pki import Pki


@pytest.mark.parametrize("verify", [None, 0, "", "no", 1])
def test_only_false_turns_verification_off(verify: Any) -> None:
    """What is merely false is no word for it."""
    with pytest.raises(TypeError, match="verify"):
        Tls(verify=verify)


@pytest.mark.parametrize("name", ["ca_file", "client_cert", "client_key"])
def test_an_empty_name_is_no_file(name: str) -> None:
    """An empty variable of the environment does not mean the system's authorities."""
    with pytest.raises(ValueError, match=f"{name} is empty"):
        Tls(**{name: ""})  # type: ignore[arg-type]  # one of the files


@pytest.mark.parametrize("name", ["client_key", "client_key_password"])
def test_a_key_needs_its_certificate(name: str) -> None:
    """Without it nobody would be shown anything, and nobody told."""
    with pytest.raises(ValueError, match="goes with a client_cert") as caught:
        Tls(**{name: "canary"})  # type: ignore[arg-type]  # one of the two
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(20, "trust its authority"), (10, "a new one"), (62, "in the URL"), (9, "clock")],
)
def test_a_refused_certificate_names_what_helps(code: int, remedy: str) -> None:
    """Another authority helps only where the authority is what is wrong."""
    refused = ssl.SSLCertVerificationError(1, "no")
    refused.verify_code, refused.verify_message = code, "said OpenSSL"
    text = str(tls_error("ldap.example.com", refused))
    assert "ldap.example.com was not accepted: said OpenSSL (" in text
    assert remedy in text
    assert ("authority with" in text) == (code == 20)


def test_a_context_is_made_once(pki: Pki, tmp_path: Path) -> None:
    """Until its file changes: reading the system's takes ten handshakes' time."""
    file = tmp_path / "ca.pem"
    shutil.copy(pki.ca_file, file)
    settings = Tls(ca_file=file)
    first = shared_context(settings)
    assert shared_context(Tls(ca_file=file)) is first
    assert settings.context() is not first
    assert shared_context(Tls(ca_file=file, verify=False)) is not first
    with file.open("a") as more:
        more.write("# another one\n")
    assert shared_context(settings) is not first
    file.unlink()
    with pytest.raises(TLSError, match=r"ca\.pem"):
        shared_context(settings)


def test_authorities_of_the_system_are_read_anew(
    pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An authority that was added there is trusted without a restart."""
    file = tmp_path / "system.pem"
    file.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert not shared_context(Tls()).get_ca_certs()
    shutil.copy(pki.ca_file, file)
    assert shared_context(Tls()).get_ca_certs()
