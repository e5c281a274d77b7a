"""The domain that `tests.servers.samba` serves: how it is made, and who is in it."""

from __future__ import annotations

import base64
import hashlib
import inspect
import sys
from typing import TYPE_CHECKING, Final

from tests.servers.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REALM: Final = "SAMBA.TEST"
NETBIOS: Final = "SAMBADOM"
HOST: Final = "dc1.samba.test"
BASE: Final = "DC=samba,DC=test"
BULK: Final = f"OU=bulk,{BASE}"
ADMIN_PASSWORD: Final = "Passw0rd!"
PASSWORD: Final = "secret"
#: Where a domain controller may listen.
ADDRESSES: Final = tuple(f"127.0.0.{number}" for number in range(20, 52))
#: Accounts that can not log in though the password is right, and why.
ACCOUNTS: Final = {
    "disabled": "userAccountControl: 514",
    "expired": "accountExpires: 116444736010000000",
    "mustchange": "pwdLastSet: 0",
}

_NORMAL: Final = "userAccountControl: 512"
# Rules for passwords are off; nobody is locked out, and tickets are for each address.
_RULES: Final = f"""\
dn: {BASE}
changetype: modify
replace: pwdProperties
pwdProperties: 0
-
replace: minPwdLength
minPwdLength: 4
-
replace: minPwdAge
minPwdAge: 0
-
replace: pwdHistoryLength
pwdHistoryLength: 0

"""


def fingerprint(version: str) -> str:
    """Return a name for what `make` makes, which changes with this file."""
    source = inspect.getsource(sys.modules[__name__])
    return hashlib.sha256(f"{version}\n{source}".encode()).hexdigest()[:12]


def configuration(directory: Path) -> Iterator[str]:
    """Yield the lines of ``smb.conf`` that the domain and its server have in common."""
    yield "[global]"
    yield "netbios name = DC1"
    yield f"workgroup = {NETBIOS}"
    yield f"realm = {REALM}"
    yield "server role = active directory domain controller"
    yield "dcerpc endpoint servers ="
    yield f"private dir = {directory}/private"
    yield f"state directory = {directory}/state"
    yield f"cache directory = {directory}/cache"
    yield f"ncalrpc dir = {directory}/ncalrpc"
    yield f"binddns dir = {directory}/binddns"
    yield f"lock directory = {directory}"
    yield f"pid directory = {directory}"
    yield f"winbindd socket directory = {directory}/winbindd"
    yield f"ntp signd socket directory = {directory}/ntp"
    yield "idmap_ldb:use rfc2307 = yes"
    # Tests of schema readers extend it over the protocol.
    yield "dsdb:schema update allowed = yes"


def make(directory: Path, bulk: int) -> None:
    """Make the domain in a new directory: 5 seconds, and 5 for each 1,000 users.

    Raises:
        ServerFailed: One of Samba's tools fails; with what it said.
    """
    directory.mkdir()
    # An empty one, or /etc/samba/smb.conf would be read and copied from.
    empty = directory / "empty.conf"
    empty.write_text("[global]\n")
    run(
        *("samba-tool", "domain", "provision", f"--configfile={empty}"),
        *(f"--targetdir={directory}", f"--realm={REALM}", f"--domain={NETBIOS}"),
        *("--server-role=dc", "--dns-backend=NONE", "--use-rfc2307"),
        *("--host-name=dc1", f"--host-ip={ADDRESSES[0]}"),
        f"--adminpass={ADMIN_PASSWORD}",
        timeout=200,
    )
    path = directory / "made.conf"
    path.write_text("\n".join(configuration(directory)) + "\n")
    people = _rules() + _people()
    many = _many(bulk) if bulk else ""
    for text in filter(None, (people, many)):
        # Straight into the database, in one transaction.
        run(
            *("ldbmodify", "-H", str(directory / "private" / "sam.ldb")),
            *(f"--configfile={path}", "--relax"),
            text=text,
            timeout=200,
        )
    run(
        *("openssl", "genpkey", "-genparam", "-algorithm", "DH"),
        *("-pkeyopt", "group:ffdhe2048", "-out", str(directory / "dh.pem")),
    )


def _rules() -> str:
    # These names come from a service that is off here.
    names = (HOST, "dc1", "localhost", *ADDRESSES)
    services = "".join(f"servicePrincipalName: ldap/{name}\n" for name in names)
    return (
        f"{_RULES}dn: CN=DC1,OU=Domain Controllers,{BASE}\nchangetype: modify\n"
        f"add: servicePrincipalName\n{services}\n"
    )


def _people() -> str:
    alice = ("givenName: Alice", "sn: Example", "mail: alice@samba.test")
    bob = ("givenName: Bob", "sn: Example")
    return "".join(
        (
            _user("alice", _NORMAL, *alice),
            _user("bob", _NORMAL, *bob),
            *(_user(name, _NORMAL) for name in ACCOUNTS),
            *(
                _set(_user_dn(name), *line.split(": "))
                for name, line in ACCOUNTS.items()
            ),
            _group(f"CN=staff,CN=Users,{BASE}", map(_user_dn, ("alice", "bob"))),
        )
    )


def _many(count: int) -> str:
    names = [f"u{number:05d}" for number in range(count)]
    users = (
        f"dn: CN={name},{BULK}\nchangetype: add\nobjectClass: user\n"
        f"sAMAccountName: {name}\nsn: Sn{number % 1000}\nmail: {name}@samba.test\n\n"
        for number, name in enumerate(names)
    )
    members = (f"CN={name},{BULK}" for name in names)
    return "".join(
        (
            f"dn: {BULK}\nchangetype: add\nobjectClass: organizationalUnit\n\n",
            *users,
            _group(f"CN=big,{BULK}", members),
        )
    )


def _user_dn(name: str) -> str:
    return f"CN={name},CN=Users,{BASE}"


def _user(name: str, *lines: str) -> str:
    password = base64.b64encode(f'"{PASSWORD}"'.encode("utf-16-le")).decode()
    more = "".join(f"{line}\n" for line in lines)
    return (
        f"dn: {_user_dn(name)}\nchangetype: add\nobjectClass: user\n"
        f"sAMAccountName: {name}\nuserPrincipalName: {name}@{REALM.lower()}\n"
        f"unicodePwd:: {password}\n{more}\n"
    )


def _set(dn: str, attribute: str, value: str) -> str:
    change = f"replace: {attribute}\n{attribute}: {value}\n"
    return f"dn: {dn}\nchangetype: modify\n{change}\n"


def _group(dn: str, members: Iterator[str]) -> str:
    name = dn.partition(",")[0].removeprefix("CN=")
    lines = "".join(f"member: {member}\n" for member in members)
    return (
        f"dn: {dn}\nchangetype: add\nobjectClass: group\n"
        f"sAMAccountName: {name}\n{lines}\n"
    )
