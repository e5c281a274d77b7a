"""Twins: what blocks and what is awaited have the same names, parameters, defaults.

Each difference stands in a table here, with its reason.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Final

import pytest
from attrs import frozen

from ldapom.mapper.acursors import AsyncReader, AsyncWriter
from ldapom.mapper.asession import AsyncSession
from ldapom.mapper.cursors import Reader, Writer
from ldapom.mapper.queries.aquery import AsyncQuery
from ldapom.mapper.queries.query import Query
from ldapom.mapper.session import Session
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.apool import AsyncPool
from ldapom.protocol.apooled import AsyncPooledConnection
from ldapom.protocol.astream import AsyncSearchStream
from ldapom.protocol.connection import Connection
from ldapom.protocol.pool import Pool
from ldapom.protocol.pooled import PooledConnection
from ldapom.protocol.stream import SearchStream

if TYPE_CHECKING:
    from collections.abc import Iterator

TWINS: Final[tuple[tuple[type, type], ...]] = (
    (Connection, AsyncConnection),
    (PooledConnection, AsyncPooledConnection),
    (SearchStream, AsyncSearchStream),
    (Pool, AsyncPool),
    (Session, AsyncSession),
    (Query, AsyncQuery),
    (Reader, AsyncReader),
    (Writer, AsyncWriter),
)

#: Names that one of two twins has alone, and why.
ALONE: Final[dict[str, str]] = {
    "Connection.submit": "tasks send many at once by themselves: asyncio.gather",
    "PooledConnection.submit": "the same",
    "Query.using": "a query of asyncio always comes from its session",
}

#: Methods whose parameters or results differ, and why.
DIFFERENT: Final[dict[str, str]] = {
    "Query.__init__": "the session of a blocking query may be looked up when asked",
    "Reader.__init__": "a constructor can not await: it is given what was found",
    "Writer.__init__": "the same",
}

#: Spellings of the two worlds that mean the same.
_SAME: Final = (
    (r"\bAsync(?=[A-Z])", ""),
    (r"\bGenerator\[(.*), None\]", r"Iterator[\1]"),
    (r"\bAwaitable\[(.*)\]", r"\1"),
)
_SPECIAL: Final = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}


@frozen
class Face:
    """What a caller sees of one attribute.

    Attributes:
        kind: ``"property"``, ``"method"`` and the like.
        parameters: Name, kind, annotation and default of each.
        result: The annotation of what is returned, or awaited.
    """

    kind: str
    parameters: tuple[str, ...] = ()
    result: str = ""


def plain(annotation: object) -> str:
    """An annotation without what tells the two worlds apart."""
    text = annotation if isinstance(annotation, str) else repr(annotation)
    for pattern, replacement in _SAME:
        text = re.sub(pattern, replacement, text)
    return text.replace('"', "")


def face(found: object) -> Face:
    """Describe what an attribute of a class is."""
    if isinstance(found, property):
        assert found.fget is not None
        return Face("property", (), signature(found.fget).result)
    if isinstance(found, classmethod | staticmethod):
        of = signature(found.__func__)
        return Face(type(found).__name__, of.parameters, of.result)
    if callable(found) and not isinstance(found, type):
        return signature(found)
    return Face("value")


def signature(function: object) -> Face:
    """Describe a function, as those who call or await it see it."""
    assert callable(function)
    found = inspect.signature(function)
    parameters = tuple(
        f"{p.name}: {p.kind.description}, {plain(p.annotation)}, {p.default!r}"
        for p in found.parameters.values()
    )
    return Face("method", parameters, plain(found.return_annotation))


def public(cls: type) -> dict[str, object]:
    """The public names of a class and what they are, those of its bases included."""
    names = {
        _SPECIAL.get(name, name): inspect.getattr_static(cls, name)
        for name in dir(cls)
        if not name.startswith("_") or name in _SPECIAL or name in _SPECIAL.values()
    }
    return {**names, "__init__": inspect.getattr_static(cls, "__init__")}


def differences(one: type, other: type) -> Iterator[str]:
    """Name what the twins do not have in common."""
    ours, theirs = public(one), public(other)
    for name in sorted(ours.keys() ^ theirs.keys()):
        yield f"{one.__name__}.{name}"
    for name in sorted(ours.keys() & theirs.keys()):
        if face(ours[name]) != face(theirs[name]):
            yield f"{one.__name__}.{name}"


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda cls: cls.__name__)
def test_twins(one: type, other: type) -> None:
    """They have the same names, parameters, kinds, defaults and annotations."""
    known = ALONE.keys() | DIFFERENT.keys()
    unknown = [name for name in differences(one, other) if name not in known]
    shown = [
        (name, face(public(one).get(last)), face(public(other).get(last)))
        for name in unknown
        for last in [name.rpartition(".")[2]]
    ]
    assert not shown


@pytest.mark.parametrize(("one", "other"), TWINS, ids=lambda cls: cls.__name__)
def test_each_has_its_name(one: type, other: type) -> None:
    """The twin of ``X`` is ``AsyncX``, and the names of its methods are not."""
    assert other.__name__ == f"Async{one.__name__}"
    assert not [
        name for name in public(other) if "async" in name and name != "is_async"
    ]


def test_no_difference_is_listed_in_vain() -> None:
    """What has become the same is taken from the tables."""
    found = {name for pair in TWINS for name in differences(*pair)}
    assert sorted(ALONE.keys() - found) == []
    assert sorted(DIFFERENT.keys() - found) == []


class One:
    """A twin."""

    def ask(self, dn: str, *, size: int = 0) -> str:
        """Ask."""
        return f"{dn}{size}"


class AsyncOne:
    """A twin that differs by a default."""

    async def ask(self, dn: str, *, size: int = 1) -> str:
        """Ask."""
        return f"{dn}{size}"


def test_differences_are_found() -> None:
    """The comparison sees a default that differs, and nothing where all is the same."""
    assert list(differences(One, AsyncOne)) == ["One.ask"]
    assert list(differences(One, One)) == []
