"""Fuzzes DN text: it parses to a name that reads back equal, or is refused."""

from __future__ import annotations

import pickle

from harness import run

from ldapom.dn import DN
from ldapom.errors import DNSyntaxError

#: The one thing a text that is no name may raise.
ALLOWED = (DNSyntaxError,)

SEEDS = [
    b"UID=jsmith,DC=example,DC=net",
    rb"OU=Sales+CN=J.  Smith,DC=example,DC=net",
    rb"CN=James \"Jim\" Smith\, III,DC=example,DC=net",
    rb"CN=Before\0dAfter,DC=example,DC=net",
    b"1.3.6.1.4.1.1466.0=#04024869",
    rb"CN=Lu\C4\8Di\C4\87",
    b'OID.2.5.4.3 = "a,b" ; o=\xc3\xa9',
    rb"cn=John Doe\ , o=github",
    b"<GUID=12>;<SID=13>;CN=x",
    b"CN=Rak V\xe1clav",
]


def target(data: bytes) -> None:
    """Check one text: the server's way, and the strict way."""
    text = data.decode("utf-8", "surrogateescape")
    kept = DN.from_server(text)
    assert str(kept) == text
    assert pickle.loads(pickle.dumps(kept)) == kept  # noqa: S301  # our own
    name = DN.parse(text)
    rebuilt = DN(name.rdns)
    assert rebuilt == name == kept
    assert DN.parse(str(rebuilt)) == name
    assert hash(rebuilt) == hash(name)
    parent = name.parent
    assert parent is None or name.is_under(parent)


if __name__ == "__main__":
    run(target, ALLOWED, SEEDS)
