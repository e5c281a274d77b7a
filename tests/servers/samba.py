"""A Samba Active Directory domain controller for the tests, on an address of its own.

1. Domain ``SAMBA.TEST``; its LDAP ports are fixed, so each server takes one of some
   loopback addresses, and a lock keeps other test runs away from it.
2. Making a domain takes seconds, so that is done once: `prepare` keeps it in a folder,
   and each server works on a copy. Servers listen below 1024, hence as root alone.
3. ``Administrator`` may do everything; ``alice`` and ``bob`` are in the group
   ``staff``; `ACCOUNTS` are those who can not log in, each for a reason of its own.
4. LDAP, the global catalogue and Kerberos, nothing else of a domain controller.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from attrs import Factory, define, field, frozen

from tests.servers import domain
from tests.servers.kdc import kinit
from tests.servers.process import (
    Process,
    ServerFailed,
    accepts,
    first_missing,
    new_directory,
    run,
)
from tests.servers.require import skip_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.pki import Pki

REALM: Final = domain.REALM
BASE: Final = domain.BASE
HOST: Final = domain.HOST
ADMIN: Final = f"Administrator@{REALM.lower()}"
ADMIN_DN: Final = f"CN=Administrator,CN=Users,{BASE}"
ADMIN_PASSWORD: Final = domain.ADMIN_PASSWORD
PASSWORD: Final = domain.PASSWORD
BULK: Final = domain.BULK
ACCOUNTS: Final = domain.ACCOUNTS
PROGRAMS: Final = {
    "samba": "samba-ad-dc",
    "samba-tool": "samba-ad-dc",
    "ldbmodify": "ldb-tools",
    "kinit": "krb5-user",
}
_PROVISION: Final = Path("/usr/share/samba/setup/provision.ldif")
_PORTS: Final = (389, 636, 88)

_CLIENT: Final = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  default_ccache_name = FILE:{directory}/nobody.ccache
  default_client_keytab_name = FILE:{directory}/nobody.keytab
[realms]
  {realm} = {{
    kdc = {address}:88
    kpasswd_server = {address}:464
  }}
[domain_realm]
  .samba.test = {realm}
  localhost = {realm}
  {address} = {realm}
"""


@frozen
class Options:
    """What a test may want otherwise.

    Attributes:
        strong_auth: Samba's ``ldap server require strong auth``: ``"no"``, ``"yes"``
            or ``"allow_sasl_over_tls"``.
        certificate: The name of the server's own certificate in the PKI.
    """

    strong_auth: str = "no"
    certificate: str = "server"


DEFAULT: Final = Options()


def missing() -> str | None:
    """Say what stands in the way of starting Samba, or nothing."""
    reason = first_missing(PROGRAMS)
    if reason is None and not _PROVISION.exists():
        return f"{_PROVISION} (Debian: samba-ad-provision) is not installed"
    if reason is None and os.geteuid() != 0:
        return "a domain controller listens below port 1024, and this is not root"
    return reason


def version() -> str | None:
    """Return the version of Samba that is installed, or nothing."""
    if first_missing(PROGRAMS):
        return None
    found = re.search(r"Version ([\d.]+)", run("samba", "--version"))
    return found[1] if found else "unknown"


def prepare(folder: Path, bulk: int = 0) -> Path:
    """Return the folder of a domain like ours; make it when it is not there yet.

    Other test processes may want the same one: the first makes it, the others wait.

    Args:
        folder: Where domains are kept.
        bulk: How many users there are to be below `BULK`, all in the group ``big``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"samba-{domain.fingerprint(version() or '')}-{bulk}"
    with (folder / "samba.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            # Whatever ends half-way is no domain: the name comes last.
            unfinished = made.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            domain.make(unfinished, bulk)
            for older in folder.glob(f"samba-*-{bulk}"):
                shutil.rmtree(older)
            unfinished.rename(made)
    return made


def _logging(samba: Samba) -> Process:
    return Process(samba.directory / "log")


@define
class Samba:
    """One running domain controller; a context manager that stops and removes it.

    Args:
        pki: The certificates.
        prepared: The domain, from `prepare`; it is copied, not changed.
        options: What is to be otherwise.
    """

    pki: Pki
    prepared: Path
    options: Options = DEFAULT
    directory: Path = field(factory=new_directory, init=False)
    address: str = field(default="", init=False)
    _lock: socket.socket | None = field(default=None, init=False)
    _count: int = field(default=0, init=False)
    _process: Process = field(init=False, default=Factory(_logging, takes_self=True))

    @property
    def url(self) -> str:
        """The ``ldap://`` URL; StartTLS works there too."""
        return f"ldap://{self.address}"

    @property
    def tls_url(self) -> str:
        """The ``ldaps://`` URL."""
        return f"ldaps://{self.address}"

    @property
    def catalogue_url(self) -> str:
        """The URL of the global catalogue."""
        return f"ldap://{self.address}:3268"

    @property
    def log(self) -> str:
        """Everything Samba logged up to now."""
        return self._process.log.read_text(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """What a client of the domain's KDC needs; it has no tickets."""
        return {
            "KRB5_CONFIG": str(self.directory / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{self.directory}/nobody.ccache",
            "KRB5_CLIENT_KTNAME": f"FILE:{self.directory}/nobody.keytab",
        }

    def kinit(self, user: str = "Administrator", password: str | None = None) -> Path:
        """Get a ticket by password and return the path of a new ticket cache.

        Args:
            user: An account of the domain, without the realm.
            password: By default the one that this account has.

        Raises:
            ServerFailed: The KDC refuses, in the words of ``kinit``.
        """
        if password is None:
            password = ADMIN_PASSWORD if user == "Administrator" else PASSWORD
        self._count += 1
        cache = self.directory / f"{user}.{self._count}.ccache"
        kinit(f"{user}@{REALM}", password, cache, self.environment)
        return cache

    def start(self) -> Self:
        """Start Samba and return when it answers.

        Raises:
            ServerFailed: It does not come up; its log is in the message.
        """
        skip_if(missing())
        if not self.address:
            self._take_address()
            self._copy()
        configuration = self.directory / "smb.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        self._process.start(
            [
                *("samba", "-F", "--no-process-group", "-M", "single"),
                *("--debug-stdout", "-s", str(configuration)),
            ],
            ready=lambda: all(accepts(port, self.address) for port in _PORTS),
        )
        return self

    def stop(self) -> None:
        """Stop Samba; its data stay, and ``start`` serves them again."""
        self._process.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
        if self._lock is not None:
            self._lock.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _take_address(self) -> None:
        """Take the first address that no other test process has."""
        for address in domain.ADDRESSES:
            # A name without a file, which goes away with the process that has it.
            lock = socket.socket(socket.AF_UNIX)
            try:
                lock.bind(f"\0ldapom-samba-{address}")
            except OSError:
                lock.close()
                continue
            if accepts(389, address):
                lock.close()
                continue
            self.address, self._lock = address, lock
            return
        raise ServerFailed("no free loopback address: too many servers run")

    def _copy(self) -> None:
        for name in ("private", "state"):
            shutil.copytree(self.prepared / name, self.directory / name)
        shutil.copy(self.prepared / "dh.pem", self.directory)
        # Samba wants it for itself.
        key = self.directory / "server.key"
        shutil.copyfile(self.pki.key(self.options.certificate), key)
        key.chmod(0o600)
        text = _CLIENT.format(
            realm=REALM, directory=self.directory, address=self.address
        )
        (self.directory / "krb5.conf").write_text(text)

    def _configuration(self) -> Iterator[str]:
        yield from domain.configuration(self.directory)
        yield "server services = ldap, kdc, cldap"
        # The mask has to be that of a real interface: all of loopback.
        yield f"interfaces = {self.address}/8"
        yield "bind interfaces only = yes"
        yield "log level = 1"
        yield f"ldap server require strong auth = {self.options.strong_auth}"
        yield "tls enabled = yes"
        yield f"tls keyfile = {self.directory}/server.key"
        yield f"tls certfile = {self.pki.cert(self.options.certificate)}"
        yield f"tls cafile = {self.pki.ca_file}"
        # Without it Samba makes parameters as it starts, which takes seconds.
        yield f"tls dh params file = {self.directory}/dh.pem"
