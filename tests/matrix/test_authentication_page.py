"""What ``docs/authentication.md`` shows runs as it is shown, at the server it is for."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest

import ldapom
from ldapom import Connection, Session, Tls
from tests.architecture import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.ds389 import Ds389
    from tests.servers.kdc import Kdc
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

TEXT: Final = (ROOT / "docs" / "authentication.md").read_text("utf-8")
#: The server of each block, and the block.
BLOCKS: Final[list[tuple[str, str]]] = re.findall(
    r"<!-- (.+?) -->\n```python\n(.*?)```", TEXT, re.DOTALL
)
FIXTURES: Final = {
    "OpenLDAP": ("slapd_sasl", "kerberos"),
    "389 DS": ("ds389", "kerberos"),
    "Samba AD": ("samba", "samba_kerberos"),
}


def test_every_block_is_run() -> None:
    """Each says for which server it is."""
    assert len(BLOCKS) == TEXT.count("```python") > 10
    assert {where for where, _ in BLOCKS} == set(FIXTURES)


def placed(block: str, running: Slapd | Ds389 | Samba, keytab: str) -> str:
    """The block with the URLs of a running server."""
    urls = {"ldaps://": running.tls_url, "ldap://": running.url}
    for scheme, url in urls.items():
        for name in ("ldap.example.com", "dc1.samba.test"):
            block = block.replace(f'"{scheme}{name}"', f'"{url}"')
    socket = getattr(running, "socket_url", "")
    block = block.replace('"ldapi://%2Frun%2Fslapd%2Fldapi"', f'"{socket}"')
    return block.replace('"/etc/service.keytab"', f'"{keytab}"')


@pytest.mark.real_server
@pytest.mark.parametrize(
    ("where", "block"),
    BLOCKS,
    ids=[f"{n} {where}" for n, (where, _) in enumerate(BLOCKS)],
)
def test_block(
    request: pytest.FixtureRequest,
    where: str,
    block: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """It works, with the tests' authority in place of the system's."""
    fixture, ticket = FIXTURES[where]
    keytab = ""
    if "Kerberos" in block or "Spnego" in block:
        realm: Kdc | Samba = request.getfixturevalue(ticket)
        keytab = str(getattr(realm, "user_keytab", ""))
    running: Slapd | Ds389 | Samba = request.getfixturevalue(fixture)
    pki = running.pki
    for name in ("client.crt", "client.key"):
        shutil.copy(pki.directory / name, tmp_path)
    monkeypatch.chdir(tmp_path)

    def trusting(kind: type[Connection | Session]) -> Any:
        def make(url: str, *credentials: ldapom.Credentials, **options: Any) -> Any:
            if url.startswith("ldaps:") or options.get("start_tls"):
                options.setdefault("tls", Tls(ca_file=pki.ca_file))
            return kind(url, *credentials, **options)

        return make

    def tls(**options: Any) -> Tls:
        return Tls(ca_file=pki.ca_file, **options)

    for name, made in (
        ("Connection", trusting(Connection)),
        ("Session", trusting(Session)),
        ("Tls", tls),
    ):
        monkeypatch.setattr(ldapom, name, made)
    code = compile(placed(block, running, keytab), "authentication.md", "exec")
    exec(code, {"__name__": "__main__"})
