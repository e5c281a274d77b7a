"""OpenLDAP for the tests: one slapd out of a temporary directory, on loopback only.

1. Nothing of the system's own slapd is touched: no service, no /etc, no /var/lib.
2. Suffix ``dc=example,dc=com``; the manager (rootdn) and the sample's administrator
   may change everything; anonymous reads everything but ``userPassword``.
3. Over ``ldapi`` the user who runs the tests is the manager (SASL EXTERNAL); with the
   client certificate over TLS it is the administrator.
4. Data comes in over the protocol: ``slapadd`` runs no overlays, so no ``memberOf``.
5. SASL: EXTERNAL, PLAIN, CRAM-MD5, DIGEST-MD5, SCRAM and, below TLS, SCRAM with channel
   binding; GSSAPI and GSS-SPNEGO where there is a KDC. The identity is the sample's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from attrs import Factory, define, field, frozen

from tests.servers.process import (
    Process,
    ServerFailed,
    accepts,
    find,
    free_port,
    load,
    new_directory,
)
from tests.servers.require import skip_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.kdc import Kdc
    from tests.servers.pki import Pki

BASE: Final = "dc=example,dc=com"
MANAGER_DN: Final = f"cn=manager,{BASE}"
MANAGER_PASSWORD: Final = "manager"
ADMIN_DN: Final = f"uid=admin,ou=people,{BASE}"
ADMIN_PASSWORD: Final = "secret"

SCHEMAS: Final = ("core", "cosine", "inetorgperson", "nis")
_MODULES: Final = ("back_mdb", "memberof", "refint", "sssvlv", "syncprov", "ppolicy")
_OVERLAYS: Final = {
    "memberof": ("memberof-group-oc groupOfNames", "memberof-refint TRUE"),
    "refint": ("refint_attributes member manager seeAlso owner",),
    "sssvlv": ("sssvlv-max 20", "sssvlv-maxperconn 5"),
    "syncprov": (),
    "ppolicy": (),
}
_SCHEMA_DIRECTORIES: Final = ("/etc/ldap/schema", "/etc/openldap/schema")
_MODULE_DIRECTORIES: Final = (
    "/usr/lib/ldap",
    "/usr/lib64/openldap",
    "/usr/lib/openldap",
)
_ATTEMPTS: Final = 3


@frozen
class Options:
    """What a test may want otherwise.

    Attributes:
        size_limit: Entries that a search of anyone but the administrator may return;
            pages may go on beyond it.
        certificate: The name of the server's own certificate in the PKI.
        require: Values of slapd's ``require`` and ``security``, line by line, such as
            ``"security tls=1"``.
        suffix_extra: More lines for the database, such as ``"index uid eq"``.
        secprops: slapd's ``sasl-secprops``; ``"minssf=56"`` refuses SASL binds without
            TLS or a sealing layer. The default shows PLAIN without TLS too.
        kdc: Where the keys of ``ldap/localhost`` are; without one no Kerberos.
        policies: Tell who is locked out, with the password policy control; for the
            policies themselves see `tests.servers.policies`.
        log_level: slapd's ``-d``; ``stats`` logs every operation.
    """

    size_limit: int | None = 500
    certificate: str = "server"
    require: tuple[str, ...] = ()
    suffix_extra: tuple[str, ...] = ()
    log_level: str = "stats"
    secprops: str = "none"
    kdc: Kdc | None = None
    policies: bool = False


DEFAULT: Final = Options()


def binary() -> str | None:
    """Return the path of slapd, or nothing."""
    return find("slapd")


def missing() -> str | None:
    """Say what stands in the way of starting slapd, or nothing."""
    if binary() is None:
        return "slapd is not installed"
    if shutil.which("ldapadd") is None:
        return "ldapadd (Debian: ldap-utils) is not installed"
    if _first(_SCHEMA_DIRECTORIES, "core.schema") is None:
        return "slapd's schema files are not installed"
    return None


def version() -> str | None:
    """Return the version of the slapd that is installed, or nothing."""
    program = binary()
    if program is None:
        return None
    done = subprocess.run(
        [program, "-VV"], capture_output=True, text=True, check=False, timeout=10
    )
    found = re.search(r"slapd (?:\(.*?\) )?([\d.]+)", done.stderr + done.stdout)
    return found[1] if found else "unknown"


def _logging(slapd: Slapd) -> Process:
    return Process(slapd.directory / "log")


@define
class Slapd:
    """One running slapd; a context manager that stops it and removes its directory."""

    pki: Pki
    options: Options = DEFAULT
    directory: Path = field(factory=new_directory, init=False)
    port: int = field(default=0, init=False)
    tls_port: int = field(default=0, init=False)
    _process: Process = field(init=False, default=Factory(_logging, takes_self=True))

    @property
    def url(self) -> str:
        """The ``ldap://`` URL; StartTLS works there too."""
        return f"ldap://localhost:{self.port}"

    @property
    def tls_url(self) -> str:
        """The ``ldaps://`` URL."""
        return f"ldaps://localhost:{self.tls_port}"

    @property
    def socket_url(self) -> str:
        """The ``ldapi://`` URL."""
        return f"ldapi://{quote(str(self.directory / 'ldapi'), safe='')}"

    @property
    def log(self) -> str:
        """Everything slapd logged up to now."""
        return self._process.log.read_text(errors="replace")

    def start(self) -> Self:
        """Start slapd and return when it answers; try again when a port was taken.

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

    def restart(self) -> None:
        """Serve the same data at the same ports again, after `stop` or `kill`."""
        self._run()

    def kill(self) -> None:
        """End slapd as a crash would."""
        self._process.kill()

    def _start_once(self) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self._run()

    def _run(self) -> None:
        database = self.directory / "db"
        database.mkdir(exist_ok=True)
        configuration = self.directory / "slapd.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        listeners = (
            f"ldap://127.0.0.1:{self.port}/",
            f"ldaps://127.0.0.1:{self.tls_port}/",
            self.socket_url,
        )
        program = binary()
        assert program
        self._process.start(
            [
                *(program, "-d", self.options.log_level),
                *("-f", str(configuration), "-h", " ".join(listeners)),
            ],
            ready=lambda: accepts(self.port) and accepts(self.tls_port),
            environment=self.options.kdc.service if self.options.kdc else None,
        )

    def stop(self) -> None:
        """Stop slapd; its data stay, and ``start`` serves them again."""
        self._process.stop()

    def load(self, ldif: str, *, relax: bool = False) -> None:
        """Add the entries of an LDIF text as the manager, over the protocol.

        Args:
            ldif: The entries.
            relax: Take operational attributes too, such as ``pwdChangedTime``.

        Raises:
            ServerFailed: An entry was refused; the message names it.
        """
        more = ("-e", "relax") if relax else ()
        load(ldif, self.socket_url, "-Q", "-Y", "EXTERNAL", *more)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _configuration(self) -> Iterator[str]:
        schemas = _first(_SCHEMA_DIRECTORIES, "core.schema")
        for name in SCHEMAS:
            yield f"include {schemas}/{name}.schema"
        modules = self._modules()
        yield from self._global(modules)
        yield from self._database(modules)

    def _modules(self) -> list[str]:
        """Find the modules that are there; without a folder all are built in."""
        folder = _first(_MODULE_DIRECTORIES, "back_mdb.so", "back_mdb.la")
        if folder is None:
            return []
        return [name for name in _MODULES if next(folder.glob(f"{name}.*"), None)]

    def _global(self, modules: list[str]) -> Iterator[str]:
        folder = _first(_MODULE_DIRECTORIES, "back_mdb.so", "back_mdb.la")
        if folder is not None:
            yield f"modulepath {folder}"
        for name in modules:
            yield f"moduleload {name}"
        yield f"pidfile {self.directory}/pid"
        yield "threads 4"
        yield f"TLSCACertificateFile {self.pki.ca_file}"
        yield f"TLSCertificateFile {self.pki.cert(self.options.certificate)}"
        yield f"TLSCertificateKeyFile {self.pki.key(self.options.certificate)}"
        # `try`: a client certificate is asked for, so EXTERNAL works, but not demanded.
        yield "TLSVerifyClient try"
        # slapd's own default hides PLAIN on a connection without TLS.
        yield f"sasl-secprops {self.options.secprops}"
        yield "sasl-host localhost"
        # Without it SCRAM-SHA-256-PLUS and its like are not offered.
        yield "sasl-cbinding tls-endpoint"
        yield "authz-policy to"
        yield from self._identities()
        yield from self.options.require
        yield 'access to dn.base="" by * read'
        yield 'access to dn.subtree="cn=Subschema" by * read'

    def _identities(self) -> Iterator[str]:
        peer = f"gidNumber={os.getgid()}\\\\+uidNumber={os.getuid()}"
        yield f'authz-regexp "^{peer},cn=peercred,cn=external,cn=auth$" "{MANAGER_DN}"'
        yield (
            'authz-regexp "^uid=([^,/]+),(cn=[^,]+,)?cn=[^,]+,cn=auth$" '
            f'"uid=$1,ou=people,{BASE}"'
        )

    def _database(self, modules: list[str]) -> Iterator[str]:
        yield "database mdb"
        yield f"suffix {BASE}"
        yield f"rootdn {MANAGER_DN}"
        yield f"rootpw {MANAGER_PASSWORD}"
        yield f"directory {self.directory}/db"
        yield f"maxsize {1 << 30}"
        # Tests need no durability; without this each write waits for the disk.
        yield "dbnosync"
        yield "index objectClass,entryUUID,entryCSN eq"
        yield "index uid,cn,sn,mail eq,pres,sub"
        yield f'limits dn.exact="{ADMIN_DN}" size=unlimited'
        if self.options.size_limit is not None:
            size = self.options.size_limit
            yield f"limits * size.soft={size} size.hard={size} size.prtotal=unlimited"
        admin = f'by dn.exact="{ADMIN_DN}" manage'
        yield f"access to attrs=userPassword {admin} by self write by * auth"
        yield f"access to * {admin} by * read"
        yield from self.options.suffix_extra
        for overlay, settings in _OVERLAYS.items():
            if overlay in modules:
                yield f"overlay {overlay}"
                yield from settings
                if overlay == "ppolicy" and self.options.policies:
                    yield "ppolicy_use_lockout"


def _first(directories: tuple[str, ...], *names: str) -> Path | None:
    """Return the first of the directories that holds one of the files."""
    return next(
        (
            Path(directory)
            for directory in directories
            if any(Path(directory, name).exists() for name in names)
        ),
        None,
    )
