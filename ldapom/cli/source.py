"""Where a schema comes from: a live server or a file."""

from __future__ import annotations

from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.cli.problems import Problem
from ldapom.errors import LDIFSyntaxError, SchemaError
from ldapom.schema import Schema
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ldapom.cli.access import Access
    from ldapom.protocol.connection import Connection

_SUFFIXES: Final = (".ldif", ".schema")


@frozen
class Place:
    """Where a schema is: at a server, or in a file.

    Args:
        text: A URL or a path, as it was named.
        folder: What the path is relative to: the working folder for what the command
            line names, else the folder of the settings that name it.
    """

    text: str
    folder: Path = Path()

    @property
    def is_file(self) -> bool:
        """Whether it is a file and no URL."""
        return is_file(self.text)

    @property
    def path(self) -> Path:
        """Where the file is, from here."""
        return self.folder / expanded(self.text)


@frozen
class Source:
    """A schema and where it came from.

    Args:
        schema: What was read.
        label: The server or file, as the generated module names it: without DN,
            extensions and whatever else a URL may carry.
    """

    schema: Schema
    label: str


def expanded(text: str) -> Path:
    """Make a path of a text; ``~`` of somebody unknown stays as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_file(text: str) -> bool:
    """Whether a source is a file and no URL."""
    return "://" not in text


def looks_like_one(text: str) -> bool:
    """Whether a text is a URL, or a file that is there or is called like one."""
    path = Path(text)
    return not is_file(text) or path.suffix.lower() in _SUFFIXES or path.exists()


def reader(
    place: Place, access: Access, more: Sequence[Place] = ()
) -> Callable[[], Source]:
    """Prepare to read a schema: whatever can be asked or checked at once is.

    After calling this, nothing more is asked of the user, so that a sign of progress
    can be shown while the result is called.

    Args:
        place: A URL, or an LDIF or ``.schema`` file.
        access: How to reach a server.
        more: Files with more definitions.

    Returns:
        What reads the schema; it raises `Problem` where there is none, and
        `LDAPError` where a server can not be reached, or refuses.

    Raises:
        Problem: There is neither such a file nor a URL, or no password.
        LDAPError: The URL is none, or the options do not allow a connection.
    """
    if place.is_file:
        return partial(_from_files, place, more)
    label = _address(LDAPURL.parse(place.text))
    return partial(_from_server, access.connection(place.text), label, more)


def _from_files(place: Place, more: Sequence[Place]) -> Source:
    schema = reduce(Schema.merge, map(_file, more), _file(place))
    if "top" not in schema.object_classes:
        # A fragment, such as OpenLDAP's own files: it stands on what each server has.
        schema = schema.merge(Schema.standard())
    return Source(schema, place.text)


def _file(place: Place) -> Schema:
    text = place.text
    if not looks_like_one(text) and not place.path.exists():
        raise Problem(
            f"{text!r} is neither a URL nor a file; write a URL as ldap://{text}"
        )
    try:
        return Schema.from_ldif(place.path)
    except (SchemaError, LDIFSyntaxError) as error:
        raise Problem(no_schema(text, error)) from error


def no_schema(name: str, error: Exception) -> str:
    """Say that a file holds no schema, and what does.

    Args:
        name: The file.
        error: What is wrong with it.
    """
    return (
        f"{name} holds no schema: {error}; a schema is the LDIF of a subschema entry, "
        "or an OpenLDAP .schema file"
    )


def _from_server(connection: Connection, url: str, more: Sequence[Place]) -> Source:
    with connection:
        try:
            schema = connection.schema
        except SchemaError as error:
            raise Problem(
                f"{url} shows no schema: {error}; say who you are with --bind DN"
            ) from error
    if not schema.object_classes:
        raise Problem(
            f"{url} shows a schema without object classes; say who you are with "
            "--bind DN"
        )
    return Source(reduce(Schema.merge, map(_file, more), schema), url)


def _address(url: LDAPURL) -> str:
    """Give the URL without anything but the server."""
    return str(LDAPURL(url.scheme, url.host, port=url.port))
