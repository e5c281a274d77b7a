"""MIT Kerberos for the tests: one KDC out of a temporary directory, on loopback only.

1. Realm ``EXAMPLE.COM``; TCP alone, so that a dead KDC fails at once.
2. A principal for each person of the sample, with the sample's password; the one
   service is ``ldap/localhost``, so any other host is "not found in the database".
3. Neither ``/etc/krb5.conf`` nor the user's own ticket cache is read or written: who
   talks to this KDC has `Kdc.environment` (a client) or `Kdc.service` (a server) set.
"""

from __future__ import annotations

import re
import shutil
import struct
from typing import TYPE_CHECKING, Final, Self

from attrs import Factory, define, field

from tests.servers.process import (
    Process,
    ServerFailed,
    accepts,
    first_missing,
    free_port,
    new_directory,
    run,
)
from tests.servers.require import skip_if

if TYPE_CHECKING:
    from pathlib import Path

REALM: Final = "EXAMPLE.COM"
SERVICE: Final = f"ldap/localhost@{REALM}"
PASSWORD: Final = "secret"
#: Who has a principal: the people of the sample by their uid.
USERS: Final = (
    *("admin", "ada", "charles", "grace", "juergen", "rozsa", "sean", "bob", "hedy"),
    *("katherine", "konrad", "test"),
)

PROGRAMS: Final = {
    "krb5kdc": "krb5-kdc",
    "kdb5_util": "krb5-kdc",
    "kadmin.local": "krb5-admin-server",
    "kinit": "krb5-user",
}
_ATTEMPTS: Final = 3

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
  # An acceptor takes any key of its keytab, whatever it calls itself.
  ignore_acceptor_hostname = true
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  localhost = {realm}
  127.0.0.1 = {realm}
"""
_SERVER: Final = """\
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {directory}/principal
    key_stash_file = {directory}/stash
    acl_file = {directory}/acl
    max_life = 10h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    master_key_type = aes256-cts-hmac-sha1-96
  }}
[logging]
  kdc = FILE:{directory}/log
  admin_server = FILE:{directory}/log
  default = FILE:{directory}/log
"""


def missing() -> str | None:
    """Say what stands in the way of starting a KDC, or nothing."""
    return first_missing(PROGRAMS)


def version() -> str | None:
    """Return the version of MIT Kerberos that is installed, or nothing."""
    if missing():
        return None
    found = re.search(r"version ([\d.]+)", run("klist", "-V"))
    return found[1] if found else "unknown"


def _logging(kdc: Kdc) -> Process:
    return Process(kdc.directory / "log")


@define
class Kdc:
    """One running KDC; a context manager that stops it and removes its directory."""

    directory: Path = field(factory=new_directory, init=False)
    port: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)
    _process: Process = field(init=False, default=Factory(_logging, takes_self=True))

    @property
    def realm(self) -> str:
        """The realm."""
        return REALM

    @property
    def service_keytab(self) -> Path:
        """The keys of ``ldap/localhost``, for directory servers."""
        return self.directory / "ldap.keytab"

    @property
    def user_keytab(self) -> Path:
        """The keys of all users; ``admin`` is the first and so the default one."""
        return self.directory / "user.keytab"

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs; it has no tickets, and no keytab of its own."""
        return {
            "KRB5_CONFIG": str(self.directory / "krb5.conf"),
            "KRB5CCNAME": f"FILE:{self.directory}/nobody.ccache",
            "KRB5_CLIENT_KTNAME": f"FILE:{self.directory}/nobody.keytab",
            "KRB5RCACHEDIR": str(self.directory),
        }

    @property
    def service(self) -> dict[str, str]:
        """What a directory server needs to accept tickets."""
        return {**self.environment, "KRB5_KTNAME": f"FILE:{self.service_keytab}"}

    def kinit(
        self,
        user: str,
        password: str = PASSWORD,
        *,
        service: bool = False,
        skew: int = 0,
    ) -> Path:
        """Get a ticket by password and return the path of a new ticket cache.

        Args:
            user: A name of `USERS`.
            password: Another password is refused.
            service: Get the ticket for ``ldap/localhost`` too, so that the KDC is not
                asked again.
            skew: Seconds by which a client with this cache has its clock wrong. The
                KDC refuses such a one; the directory does, where ``service`` is set.

        Raises:
            ServerFailed: The KDC refuses, in the words of ``kinit``.
        """
        cache = self.new_cache(user)
        kinit(f"{user}@{REALM}", password, cache, self.environment)
        if service:
            here = {**self.environment, "KRB5CCNAME": f"FILE:{cache}"}
            run("kvno", "-q", SERVICE, environment=here)
        if skew:
            cache.write_bytes(with_skew(cache.read_bytes(), skew))
        return cache

    def new_cache(self, user: str = "nobody") -> Path:
        """Return a path where a ticket cache may be made; nothing is there yet."""
        self._count += 1
        return self.directory / f"{user}.{self._count}.ccache"

    def start(self) -> Self:
        """Start the KDC and return when it answers; try again when its port was taken.

        Raises:
            ServerFailed: It does not come up; its log is in the message.
        """
        skip_if(missing())
        for attempt in range(_ATTEMPTS):
            try:
                self._start_once()
            except ServerFailed:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return self

    def _start_once(self) -> None:
        self.port = free_port()
        self._write("krb5.conf", _CLIENT)
        self._write("kdc.conf", _SERVER)
        (self.directory / "acl").touch()
        if not self.service_keytab.exists():
            self._create()
        self._process.start(
            ["krb5kdc", "-n", "-r", REALM, "-P", str(self.directory / "pid")],
            ready=lambda: accepts(self.port),
            environment=self._administrator,
        )

    def stop(self) -> None:
        """Stop the KDC; its principals stay, and ``start`` serves them again."""
        self._process.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _administrator(self) -> dict[str, str]:
        profile = str(self.directory / "kdc.conf")
        return {**self.environment, "KRB5_KDC_PROFILE": profile}

    def _write(self, name: str, text: str) -> None:
        filled = text.format(realm=REALM, directory=self.directory, port=self.port)
        (self.directory / name).write_text(filled)

    def _create(self) -> None:
        environment = self._administrator
        run(
            *("kdb5_util", "create", "-s", "-r", REALM, "-P", "master"),
            environment=environment,
        )
        commands = [f"addprinc -pw {PASSWORD} {user}" for user in USERS]
        commands += [
            f"addprinc -randkey {SERVICE}",
            f"ktadd -k {self.service_keytab} {SERVICE}",
            # With -norandkey the passwords stay what they are.
            f"ktadd -norandkey -k {self.user_keytab} {' '.join(USERS)}",
        ]
        text = "\n".join(commands) + "\n"
        said = run("kadmin.local", "-r", REALM, text=text, environment=environment)
        if not self.service_keytab.exists() or not self.user_keytab.exists():
            raise ServerFailed(f"kadmin.local made no keytabs:\n{said}")


def kinit(
    principal: str, password: str, cache: Path, environment: dict[str, str]
) -> None:
    """Get a ticket into a cache.

    Raises:
        ServerFailed: The KDC refuses, in the words of ``kinit``.
    """
    here = {**environment, "KRB5CCNAME": f"FILE:{cache}"}
    run("kinit", principal, text=f"{password}\n", environment=here)


def with_skew(cache: bytes, seconds: int) -> bytes:
    """Return a ticket cache whose user's clock is taken to be wrong.

    The header of a cache tells how far the KDC's clock is ahead (version 4, tag 1);
    the client adds that to each timestamp it sends.

    Args:
        cache: The file's octets.
        seconds: What is added; more than 300 is refused by every server.
    """
    version_, length = struct.unpack_from(">HH", cache)
    assert version_ == 0x0504, "ccache version 4"
    header = struct.pack(">HHii", 1, 8, seconds, 0)
    return struct.pack(">HH", version_, len(header)) + header + cache[4 + length :]
