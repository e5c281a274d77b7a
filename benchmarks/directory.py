"""An OpenLDAP of our own for the measurements, filled by ``slapadd``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from attrs import Factory, define, field

from benchmarks import data, kinds
from tests.servers.pki import Pki, make
from tests.servers.process import Process, accepts, find, free_port, new_directory
from tests.servers.slapd import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

MANAGER: Final = f"cn=manager,{data.SUFFIX}"
PASSWORD: Final = "manager"
_MODULES: Final = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")
#: Attribute types beside those of OpenLDAP, and the arc they are under.
_FURTHER: Final = 1200
_ARC: Final = "1.3.6.1.4.1.99999.7"
_SCHEMA: Final = ("/etc/ldap/schema", "/etc/openldap/schema")


@define
class BenchDirectory:
    """One slapd with people in it; a context manager that removes all of it again.

    Args:
        people: How many are in `data.PEOPLE`.
        few: How many are in `data.FEW`.
        each: How many there are of each of `kinds.KINDS`.
    """

    people: int
    few: int
    each: int = 0
    directory: Path = field(factory=new_directory, init=False)
    port: int = field(factory=free_port, init=False)
    tls_port: int = field(factory=free_port, init=False)
    pki: Pki = field(init=False)
    _process: Process = field(
        init=False, default=Factory(lambda self: Process(self.directory / "log"), True)
    )

    @property
    def url(self) -> str:
        """The address, without a name that would have to be looked up."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The same inside TLS."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def __enter__(self) -> Self:
        (self.directory / "db").mkdir()
        (self.directory / "pki").mkdir()
        self.pki = make(self.directory / "pki")
        configuration = self.directory / "slapd.conf"
        configuration.write_text("\n".join(self._configuration()) + "\n")
        self._fill(configuration)
        program = str(find("slapd"))
        urls = f"{self.url}/ {self.tls_url}/"
        self._process.start(
            [program, "-d", "0", "-f", str(configuration), "-h", urls],
            ready=lambda: accepts(self.port),
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _fill(self, configuration: Path) -> None:
        records = self.directory / "people.ldif"
        with records.open("w", encoding="utf-8") as file:
            file.writelines(data.ldif(self.people, self.few))
            file.writelines(kinds.ldif(self.each))
        # Quick mode: nothing is checked twice, nothing waits for the disk.
        command = ["slapadd", "-q", "-f", str(configuration), "-l", str(records)]
        program = str(find(command[0]))
        subprocess.run([program, *command[1:]], check=True, capture_output=True)
        records.unlink()

    def _configuration(self) -> Iterator[str]:
        schemas = next(place for place in _SCHEMA if Path(place).is_dir())
        yield from (f"include {schemas}/{name}.schema" for name in SCHEMAS)
        yield f"include {self._further_schema()}"
        modules = next((place for place in _MODULES if Path(place).is_dir()), None)
        if modules is not None:
            yield f"modulepath {modules}"
            yield "moduleload back_mdb"
        yield f"pidfile {self.directory}/pid"
        yield f"TLSCACertificateFile {self.pki.ca_file}"
        yield f"TLSCertificateFile {self.pki.cert('server')}"
        yield f"TLSCertificateKeyFile {self.pki.key('server')}"
        yield "threads 4"
        yield "sizelimit unlimited"
        # Many operations may wait on one connection: that is one of the measurements.
        yield "conn_max_pending 10000"
        yield "conn_max_pending_auth 10000"
        yield "database mdb"
        yield f"suffix {data.SUFFIX}"
        yield f"rootdn {MANAGER}"
        yield f"rootpw {PASSWORD}"
        yield f"directory {self.directory}/db"
        yield f"maxsize {4 << 30}"
        yield "dbnosync"
        yield "index objectClass,uid eq"
        yield "access to * by * read"

    def _further_schema(self) -> Path:
        """A schema of the size that directories have after some years."""
        path = self.directory / "further.schema"
        path.write_text("".join(_definitions()))
        return path


def _definitions() -> Iterator[str]:
    for number in range(_FURTHER):
        yield (
            f"attributetype ( {_ARC}.1.{number} NAME 'benchAttribute{number}' "
            f"DESC 'Attribute {number} of the benchmark' EQUALITY caseIgnoreMatch "
            "SUBSTR caseIgnoreSubstringsMatch "
            "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{1024} )\n"
        )
    for number in range(0, _FURTHER, 10):
        names = " $ ".join(f"benchAttribute{number + more}" for more in range(10))
        yield (
            f"objectclass ( {_ARC}.2.{number} NAME 'benchClass{number}' SUP top "
            f"AUXILIARY MAY ( {names} ) )\n"
        )
