"""How the command reaches a server: who to be, where the password is, what to trust.

Rules:

1. A password never stands in the argument list, where every user of the machine can
   read it. It comes from ``--password-file`` (``-`` is standard input), else from the
   environment, else from a prompt that shows nothing.
2. A file's password ends before its last line end.
3. What makes a connection unsafe is an option that says so.
"""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path

from attrs import frozen

from ldapom.cli.problems import Problem, safe, sentence
from ldapom.errors import TLSError
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, Credentials, External, Simple
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.settings import Wire
from ldapom.schema import SchemaCache

#: Where the password is looked for if nothing else is said.
PASSWORD_VARIABLE = "LDAPOM_PASSWORD"  # a name, no password


@frozen
class Access:
    """The options that all commands with a server share.

    Args:
        bind_dn: Who to be; None is nobody.
        password_file: Where the password is; ``-`` is standard input.
        password_variable: The environment variable to look into.
        external: Be whom the socket or the client certificate says.
        ca_file: The authorities to trust instead of the system's.
        start_tls: Make the connection private first.
        timeout: Seconds that each step may take.
        skip_verify: Accept any certificate.
        allow_cleartext: Send the password over a clear connection.
        schema_cache: The folder where schemas are kept; None keeps none.
    """

    bind_dn: str | None = None
    password_file: str | None = None
    password_variable: str = PASSWORD_VARIABLE
    external: bool = False
    ca_file: Path | None = None
    start_tls: bool = False
    timeout: float = 30.0
    skip_verify: bool = False
    allow_cleartext: bool = False
    schema_cache: Path | None = None

    def connection(self, url: str) -> Connection:
        """Make the connection; nothing is opened yet.

        Args:
            url: ``ldap://``, ``ldaps://`` or ``ldapi://``.

        Raises:
            Problem: The options contradict each other or the URL, the file of the
                authorities is none, or there is no password.
        """
        if self.start_tls and not url.lower().startswith("ldap://"):
            raise Problem(
                f"--start-tls goes with an ldap:// URL, and {url} is none; leave it out"
            )
        return Connection(
            url,
            self.credentials(),
            tls=self._tls(),
            start_tls=self.start_tls,
            timeout=self.timeout,
            allow_cleartext=self.allow_cleartext,
            wire=Wire(schema_cache=self._cache()),
        )

    def _cache(self) -> SchemaCache | None:
        return None if self.schema_cache is None else SchemaCache(self.schema_cache)

    def _tls(self) -> Tls:
        """What to trust; a file that can not be used is told of, even without TLS."""
        tls = Tls(ca_file=self.ca_file, verify=not self.skip_verify)
        if self.ca_file is not None:
            try:
                tls.context()
            except TLSError as error:
                raise Problem(
                    f"--ca {self.ca_file} can not be used; name a PEM file with the "
                    f"certificates of the authorities ({error})"
                ) from error
        return tls

    def credentials(self) -> Credentials:
        """Find out who to be, and ask for the password if nothing else has it."""
        if self.external:
            if self.bind_dn is not None or self.password_file is not None:
                raise Problem(
                    "--external takes its name from the socket or the certificate; "
                    "leave out --bind and --password-file"
                )
            return External()
        if self.bind_dn is None:
            if self.password_file is not None:
                raise Problem("a password needs a name; say who with --bind DN")
            return Anonymous()
        return Simple(self.bind_dn, self._password())

    def _password(self) -> str | bytes:
        password = self._from_file() or self._from_environment() or self._asked_for()
        if not password:
            raise Problem(
                f"the password of {self.bind_dn} is empty, which servers take for "
                "nobody at all; leave out --bind to be nobody on purpose"
            )
        return password

    def _from_file(self) -> bytes:
        if self.password_file is None:
            return b""
        try:
            if self.password_file == "-":
                return _without_line_end(sys.stdin.buffer.read() if sys.stdin else b"")
            return _without_line_end(Path(self.password_file).read_bytes())
        except OSError as error:
            raise Problem(f"--password-file: {sentence(error)}") from error

    def _from_environment(self) -> str:
        if self.password_file is not None:
            return ""
        found = os.environ.get(self.password_variable, "")
        if not found and self.password_variable != PASSWORD_VARIABLE:
            raise Problem(
                f"the environment variable {self.password_variable} is not set or "
                "empty; put the password there, or leave out --password-env"
            )
        return found

    def _asked_for(self) -> str:
        if self.password_file is not None:
            return ""
        try:
            if sys.stdin and sys.stdin.isatty():
                return getpass(f"Password of {safe(self.bind_dn or '')}: ")
        except EOFError as error:
            raise self._no_password() from error
        raise self._no_password()

    def _no_password(self) -> Problem:
        return Problem(
            f"there is no password for {self.bind_dn}; type it at a terminal, or give "
            f"--password-file FILE, or set {PASSWORD_VARIABLE}"
        )


def _without_line_end(octets: bytes) -> bytes:
    return octets.removesuffix(b"\n").removesuffix(b"\r")
