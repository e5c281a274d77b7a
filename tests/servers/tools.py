"""OpenLDAP's own clients, to look at a server through eyes that are not ours."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, TypeAlias

from tests.servers.process import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.ds389 import Ds389
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

    AnyServer: TypeAlias = Slapd | Ds389 | Samba


def clear(server: AnyServer) -> str:
    """The URL by address: OpenLDAP's client replaces `localhost` by the host's name."""
    return server.url.replace("localhost", "127.0.0.1")


def tls(server: AnyServer) -> str:
    """The TLS URL by address."""
    return server.tls_url.replace("localhost", "127.0.0.1")


def tool(
    server: AnyServer,
    *words: str,
    cert: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run one of the clients; return what it prints, or its complaint."""
    env = {
        **os.environ,
        "LDAPTLS_CACERT": str(server.pki.ca_file),
        "LDAPSASL_NOCANON": "on",
        **(environment or {}),
    }
    if cert is not None:
        env["LDAPTLS_CERT"] = str(server.pki.cert(cert))
        env["LDAPTLS_KEY"] = str(server.pki.key(cert))
    program = find(words[0]) or words[0]
    done = subprocess.run(
        (program, *words[1:]),
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=20,
    )
    return (done.stdout + done.stderr).strip()


def mechanisms(server: AnyServer, url: str) -> set[str]:
    """What the root DSE offers over a URL."""
    words = ("ldapsearch", "-x", "-LLL", "-H", url, "-s", "base", "-b", "")
    said = tool(server, *words, "supportedSASLMechanisms")
    return {line.split(": ")[1] for line in said.splitlines() if ": " in line}
