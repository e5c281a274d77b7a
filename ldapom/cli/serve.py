"""``ldapom serve``: the directory in the box, over TCP, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from ldapom import ldif
from ldapom.cli.problems import Problem, reported, safe, sentence
from ldapom.cli.source import no_schema
from ldapom.dn import DN
from ldapom.errors import LDAPError
from ldapom.schema import Schema
from ldapom.testing import Directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

#: A port that needs no rights; 0 lets the system choose.
DEFAULT_PORT: Final = 3389

_SAMPLE_MODEL: Final = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"

LdifFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--ldif",
        metavar="FILE",
        help="Serve what this LDIF file holds. Repeatable; parents come first.",
    ),
]
Sample = Annotated[
    bool,
    typer.Option(
        "--sample",
        help="Serve the sample directory, dc=example,dc=com; so too without any file.",
    ),
]
SchemaFile = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        metavar="FILE",
        help="An LDIF or .schema file with more definitions than the standard ones.",
    ),
]
Port = Annotated[
    int, typer.Option(min=0, max=65535, help="The port; 0 lets the system choose.")
]
Address = Annotated[str, typer.Option(help="The address to listen on.")]


def serve(
    ldif_files: LdifFiles = None,
    sample: Sample = False,
    schema: SchemaFile = None,
    port: Port = DEFAULT_PORT,
    address: Address = "127.0.0.1",
) -> None:
    """Serve a small directory from memory, to try things on.

    It speaks LDAP over TCP and keeps to its schema. Nothing is stored: when the
    command ends, so does the directory.
    """
    with reported():
        directory = _directory(ldif_files or [], schema, sample=sample)
        _run(directory, port, address, is_sample=sample or not (ldif_files or schema))


def _directory(files: list[Path], schema: Path | None, *, sample: bool) -> Directory:
    if sample and schema is not None:
        raise Problem("--sample has its own schema; leave out --sample or --schema")
    if sample or not (files or schema):
        directory = Directory.sample()
    else:
        directory = Directory(*_suffixes(files), schema=_schema(schema))
    for path in files:
        try:
            directory.load(path)
        except LDAPError as error:
            notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
            raise Problem(f"{path}: {sentence(error)}{notes}") from error
    return directory


def _schema(path: Path | None) -> Schema | None:
    """Put the definitions of a file beside the standard ones."""
    if path is None:
        return None
    try:
        own = Schema.from_ldif(path)
    except LDAPError as error:
        raise Problem(no_schema(str(path), error)) from error
    return Schema.of(*own.definitions(), *Schema.standard().definitions())


def _suffixes(files: Iterable[Path]) -> list[str]:
    """Find the entries of LDIF files that no other entry of them is above."""
    names: dict[DN, str] = {}
    for path in files:
        try:
            for record in ldif.read(path):
                names.setdefault(DN.from_server(record.dn), record.dn)
        except LDAPError as error:
            raise Problem(f"{path}: {sentence(error)}") from error
    tops = [
        text for dn, text in names.items() if not any(a in names for a in _above(dn))
    ]
    return tops or ["dc=example,dc=com"]


def _above(dn: DN) -> Iterator[DN]:
    parent = dn.parent
    while parent is not None and parent.rdns:
        yield parent
        parent = parent.parent


def _run(directory: Directory, port: int, address: str, *, is_sample: bool) -> None:
    try:
        server = directory.serve(port, address=address)
        with server, _stopped() as stopped:
            _tell(directory, server.url, is_sample=is_sample)
            stopped.wait()
    except OSError as error:
        # Python adds the address to the reason, which stands here already.
        reason = (error.strerror or str(error)).partition(" (while ")[0]
        raise Problem(
            f"can not listen on {address} port {port}: {reason}; take another one "
            "with --port or --address, or any free one with --port 0"
        ) from error


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and a request to end set."""
    event = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        event.set()

    old = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _tell(directory: Directory, url: str, *, is_sample: bool) -> None:
    model = f" --model '{_SAMPLE_MODEL}'" if is_sample else " --class inetOrgPerson"
    lines = [
        f"Serving {len(directory)} entries at {url}",
        "",
        f"  suffix    {safe(', '.join(directory.store.suffixes))}",
        f"  admin     {safe(directory.admin.dn)}",
        f"  password  {safe(directory.admin.password.decode())}",
        "",
        "Try, in another terminal:",
        "",
        f"  ldapom generate {url}{model} -o models.py",
    ]
    lines += ["", "Ctrl-C ends it; nothing is stored."]
    Console(highlight=False).print(Text("\n".join(lines)), soft_wrap=True)
