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
class Source:
    """A schema and where it came from.

    Args:
        schema: What was read.
        label: The server or file, as the generated module names it: without DN,
            extensions and whatever else a URL may carry.
    """

    schema: Schema
    label: str


def is_file(text: str) -> bool:
    """Whether a source is a file and no URL."""
    return "://" not in text


def looks_like_one(text: str) -> bool:
    """Whether a text is a URL, or a file that is there or is called like one."""
    path = Path(text)
    return not is_file(text) or path.suffix.lower() in _SUFFIXES or path.exists()


def reader(text: str, access: Access, more: Sequence[str] = ()) -> Callable[[], Source]:
    """Prepare to read a schema: whatever can be asked or checked at once is.

    After calling this, nothing more is asked of the user, so that a sign of progress
    can be shown while the result is called.

    Args:
        text: A URL, or the path of an LDIF or ``.schema`` file.
        access: How to reach a server.
        more: Paths of files with more definitions.

    Returns:
        What reads the schema; it raises `Problem` where there is none, and
        `LDAPError` where a server can not be reached, or refuses.

    Raises:
        Problem: There is neither such a file nor a URL, or no password.
        LDAPError: The URL is none, or the options do not allow a connection.
    """
    if is_file(text):
        return partial(_from_files, text, more)
    label = _address(LDAPURL.parse(text))
    return partial(_from_server, access.connection(text), label, more)


def _from_files(text: str, more: Sequence[str]) -> Source:
    schema = reduce(Schema.merge, map(_file, more), _file(text))
    if "top" not in schema.object_classes:
        # A fragment, such as OpenLDAP's own files: it stands on what each server has.
        schema = schema.merge(Schema.standard())
    return Source(schema, text)


def _file(text: str) -> Schema:
    path = Path(text)
    if not looks_like_one(text):
        raise Problem(
            f"{text!r} is neither a URL nor a file; write a URL as ldap://{text}"
        )
    try:
        return Schema.from_ldif(path)
    except (SchemaError, LDIFSyntaxError) as error:
        raise Problem(f"{text} holds no schema: {error}") from error


def _from_server(connection: Connection, url: str, more: Sequence[str]) -> Source:
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
