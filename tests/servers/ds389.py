"""389 Directory Server for the tests: one ns-slapd out of a temporary directory.

1. As `tests.servers.slapd`: loopback only, suffix ``dc=example,dc=com``, everyone reads
   all but passwords, the sample's administrator may change everything.
2. ``cn=Directory Manager`` stands above access control; over ``ldapi`` the user who
   runs the tests binds as it (SASL EXTERNAL), where that user is root.
3. Passwords are kept in the clear, for CRAM-MD5, DIGEST-MD5 and SCRAM need them.
4. ``dscreate`` wants ``/etc/dirsrv``; here the package's template is filled in instead.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from attrs import Factory, define, field, frozen

from tests.servers.process import (
    Process,
    ServerFailed,
    accepts,
    first_missing,
    free_port,
    load,
    new_directory,
    run,
)
from tests.servers.require import skip_if
from tests.servers.slapd import ADMIN_DN, BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.servers.kdc import Kdc
    from tests.servers.pki import Pki

MANAGER_DN: Final = "cn=Directory Manager"
MANAGER_PASSWORD: Final = "directory"
TEMPLATE: Final = Path("/usr/share/dirsrv/data/template-dse.ldif")
PROGRAMS: Final = {
    "ns-slapd": "389-ds-base",
    "certutil": "libnss3-tools",
    "pk12util": "libnss3-tools",
    "ldapadd": "ldap-utils",
}
_ATTEMPTS: Final = 3
# As OpenLDAP's overlays; and a uid may have umlauts.
_PLUGINS: Final = {
    "cn=MemberOf Plugin,cn=plugins,cn=config": "on",
    "cn=referential integrity postoperation,cn=plugins,cn=config": "on",
    "cn=7-bit check,cn=plugins,cn=config": "off",
}

#: RFC 4533, and what it needs.
SYNCHRONIZING: Final = ("Retro Changelog Plugin", "Content Synchronization")

# What is added to entries of the template.
_SETTINGS: Final[dict[str, dict[str, str]]] = {
    "cn=config": {
        "nsslapd-listenhost": "127.0.0.1",
        "nsslapd-securelistenhost": "127.0.0.1",
        "nsslapd-security": "on",
        "nsslapd-secureport": "0",
        "nsslapd-accesslog-logbuffering": "off",
        "nsslapd-sizelimit": "500",
        "nsslapd-pagedsizelimit": "-1",
        "nsslapd-maxbersize": "16777216",
        "nsslapd-defaultnamingcontext": BASE,
        "passwordStorageScheme": "CLEAR",
    },
    # Without it the caches get a share of all the memory there is.
    "cn=config,cn=ldbm database,cn=plugins,cn=config": {
        "nsslapd-cache-autosize": "0",
        "nsslapd-dbcachesize": "33554432",
        "nsslapd-db-durable-transaction": "off",
    },
    "cn=referential integrity postoperation,cn=plugins,cn=config": {
        "referint-membership-attr": "manager",
    },
    # Without it content synchronization tells nothing of what a cookie has missed.
    "cn=Retro Changelog Plugin,cn=plugins,cn=config": {
        "nsslapd-attribute": "nsuniqueid:targetUniqueId",
    },
}
_MORE_ENTRIES: Final = f"""\

dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
objectClass: top
objectClass: extensibleObject
objectClass: nsBackendInstance
cn: userRoot
nsslapd-suffix: {BASE}

dn: cn={BASE.replace("=", "%3D").replace(",", "%2C")},cn=mapping tree,cn=config
objectClass: top
objectClass: extensibleObject
objectClass: nsMappingTree
cn: {BASE}
nsslapd-state: backend
nsslapd-backend: userRoot

dn: cn=realm,cn=mapping,cn=sasl,cn=config
objectClass: top
objectClass: nsSaslMapping
cn: realm
nsSaslMapRegexString: ^\\(.*\\)@.*$
nsSaslMapBaseDNTemplate: {BASE}
nsSaslMapFilterTemplate: (uid=\\1)
nsSaslMapPriority: 10

dn: cn=name,cn=mapping,cn=sasl,cn=config
objectClass: top
objectClass: nsSaslMapping
cn: name
nsSaslMapRegexString: ^[^:@]*$
nsSaslMapBaseDNTemplate: {BASE}
nsSaslMapFilterTemplate: (uid=&)
nsSaslMapPriority: 20
"""
_ACCESS: Final = f"""\
dn: {BASE}
changetype: modify
add: aci
aci: (targetattr!="userPassword || aci")(version 3.0; acl "read"; \
allow (read, search, compare) userdn="ldap:///anyone";)
aci: (targetattr="userPassword")(version 3.0; acl "self"; \
allow (write) userdn="ldap:///self";)
aci: (targetattr!="aci")(version 3.0; acl "administrator"; \
allow (all) userdn="ldap:///{ADMIN_DN}";)

dn: {ADMIN_DN}
changetype: modify
add: nsSizeLimit
nsSizeLimit: -1
-
add: nsLookThroughLimit
nsLookThroughLimit: -1
"""


@frozen
class Options:
    """What a test may want otherwise.

    Attributes:
        certificate: The name of the server's own certificate in the PKI.
        settings: Attributes of ``cn=config``, such as ``{"nsslapd-minssf": "56"}``.
        kdc: Where the keys of ``ldap/localhost`` are; without one no Kerberos.
        plugins: Names of plugins that are to be on, such as ``SYNCHRONIZING``.
    """

    certificate: str = "server"
    settings: Mapping[str, str] = field(factory=dict)
    plugins: tuple[str, ...] = ()
    kdc: Kdc | None = None


DEFAULT: Final = Options()


def missing() -> str | None:
    """Say what stands in the way of starting ns-slapd, or nothing."""
    reason = first_missing(PROGRAMS)
    if reason is None and not TEMPLATE.exists():
        return f"{TEMPLATE} (Debian: 389-ds-base) is not installed"
    return reason


def version() -> str | None:
    """Return the version of 389 DS that is installed, or nothing."""
    if missing():
        return None
    found = re.search(r"389-Directory/([\d.]+)", run("ns-slapd", "-v"))
    return found[1] if found else "unknown"


def _logging(server: Ds389) -> Process:
    return Process(server.directory / "out")


@define
class Ds389:
    """One running ns-slapd; a context manager that stops it and removes its directory."""

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
        """The access log up to now: each operation and its result."""
        return (self.directory / "log" / "access").read_text(errors="replace")

    def start(self) -> Self:
        """Start the server and return when it answers; try again when a port was taken.

        Raises:
            ServerFailed: It does not come up; its log is in the message.
        """
        skip_if(missing())
        if not self._configuration.exists():
            self._create()
        for attempt in range(_ATTEMPTS):
            try:
                self._start_once()
            except ServerFailed as error:
                if attempt == _ATTEMPTS - 1:
                    raise ServerFailed(f"{error}\n{self._errors()}") from error
            else:
                break
        return self

    def _start_once(self) -> None:
        self.port, self.tls_port = free_port(), free_port()
        text = self._configuration.read_text()
        for name, port in (("port", self.port), ("secureport", self.tls_port)):
            # The server rewrites the file, and spells the names its own way.
            text = re.sub(rf"(?mi)^(nsslapd-{name}): \d+$", rf"\1: {port}", text)
        self._configuration.write_text(text)
        self._process.start(
            [
                *("ns-slapd", "-D", str(self._configuration.parent)),
                *("-i", str(self.directory / "pid"), "-d", "0"),
            ],
            ready=lambda: accepts(self.port) and accepts(self.tls_port),
            environment=self.options.kdc.service if self.options.kdc else None,
        )

    def stop(self) -> None:
        """Stop the server; its data stay, and ``start`` serves them again."""
        self._process.stop()

    def load(self, ldif: str) -> None:
        """Add the entries of an LDIF text as the Directory Manager.

        Raises:
            ServerFailed: An entry was refused; the message names it.
        """
        who = ("-x", "-D", MANAGER_DN, "-w", MANAGER_PASSWORD)
        load(ldif, self.socket_url, *who)

    def allow(self) -> None:
        """Let everyone read, and the sample's administrator do everything."""
        self.load(_ACCESS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _configuration(self) -> Path:
        return self.directory / "config" / "dse.ldif"

    def _errors(self) -> str:
        log = self.directory / "log" / "errors"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def _create(self) -> None:
        for name in ("lock", "tmp", "ldif", "bak", "run", "inst", "log", "db", "home"):
            (self.directory / name).mkdir()
        folder = self._configuration.parent
        (folder / "schema").mkdir(parents=True)
        (folder / "schema" / "99user.ldif").write_text(
            "dn: cn=schema\nobjectClass: top\nobjectClass: ldapSubentry\n"
            "objectClass: subschema\n"
        )
        (folder / "slapd-collations.conf").touch()
        # The subject of a client's certificate is the DN of its entry.
        (folder / "certmap.conf").write_text("certmap default default\n")
        self._certificates(f"sql:{folder}")
        text = "\n".join(self._filled()) + _MORE_ENTRIES
        self._configuration.write_text(text)

    def _certificates(self, database: str) -> None:
        name = self.options.certificate
        bundle = self.directory / "server.p12"
        run("certutil", "-N", "-d", database, "--empty-password")
        run(
            *("openssl", "pkcs12", "-export", "-name", "Server-Cert"),
            *("-in", str(self.pki.cert(name)), "-inkey", str(self.pki.key(name))),
            *("-passout", "pass:", "-out", str(bundle)),
        )
        run("pk12util", "-i", str(bundle), "-d", database, "-W", "", "-K", "")
        bundle.unlink()
        run(
            *("certutil", "-A", "-d", database, "-n", "ldapom tests", "-t", "CT,,"),
            *("-a", "-i", str(self.pki.ca_file)),
        )

    def _places(self) -> dict[str, str]:
        here = {
            f"{name}_dir": str(self.directory / name)
            for name in ("lock", "tmp", "ldif", "bak", "run", "inst", "log", "db")
        }
        folder = str(self._configuration.parent)
        return {
            **here,
            "schema_dir": f"{folder}/schema",
            "cert_dir": folder,
            "config_dir": folder,
            "db_home_dir": str(self.directory / "home"),
            "fqdn": "localhost",
            "ds_port": "0",
            "ds_user": getpass.getuser(),
            "rootdn": MANAGER_DN,
            "ds_passwd": _hashed(MANAGER_PASSWORD),
            "ldapi_enabled": "on",
            "ldapi": str(self.directory / "ldapi"),
            "ldapi_autobind": "on",
            "ds_suffix": BASE,
            "db_lib": "bdb",
        }

    def _filled(self) -> Iterator[str]:
        """Yield the template's lines with our places and settings in them."""
        places = self._places()
        settings = {
            **_SETTINGS,
            "cn=config": {**_SETTINGS["cn=config"], **self.options.settings},
        }
        more = {
            f"cn={name},cn=plugins,cn=config": "on" for name in self.options.plugins
        }
        plugins = {**_PLUGINS, **more}
        dn = ""
        for line in TEMPLATE.read_text().splitlines():
            filled = re.sub(r"%(\w+)%", lambda found: places[found[1]], line)
            if filled.startswith("dn: "):
                dn = filled.removeprefix("dn: ")
                yield filled
                yield from (f"{k}: {v}" for k, v in settings.get(dn, {}).items())
            elif dn in plugins and filled.startswith("nsslapd-pluginenabled:"):
                yield f"nsslapd-pluginenabled: {plugins[dn]}"
            else:
                yield filled


def _hashed(password: str) -> str:
    """The server's own password has to be a hash."""
    salt = os.urandom(8)
    digest = hashlib.sha512(password.encode() + salt).digest()
    return "{SSHA512}" + base64.b64encode(digest + salt).decode()
