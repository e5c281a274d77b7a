"""The workloads W1 to W9 as a table: who does them, how much, what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from benchmarks import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Contender:
    """Who does a workload.

    Attributes:
        label: What the table calls it.
        module: Its module in `benchmarks.clients`.
        function: Its name in the module's ``WORKLOADS``.
        needs: The package that has to be there.
        few: Whether it reads the smaller folder, because it is slow.
    """

    label: str
    module: str
    function: str
    needs: str = ""
    few: bool = False


@frozen
class Measured:
    """One workload.

    Attributes:
        key: Such as ``W1``.
        title: What is done.
        unit: What is counted.
        count: How many operations, where the folder does not say it.
        contenders: Who does it; the first one is ldapom.
        rounds: How many rounds of `Scale.rounds`, at most.
        tls: Whether it is done inside TLS, the server's certificate verified.
        folder: Where the entries are, where not among `data.PEOPLE`.
    """

    key: str
    title: str
    unit: str
    contenders: tuple[Contender, ...]
    count: int = 0
    rounds: int = 99
    tls: bool = False
    folder: str = ""


LIMIT: Final = "the limit: only reads the octets"
OURS, UNTYPED = "ldapom", "ldapom, untyped"
PYTHON_LDAP, BONSAI = "python-ldap", "bonsai"
LDAP3, READER = "ldap3", "ldap3 Reader"

#: Where the client of each label is, and the package it needs.
_CLIENTS: Final[Mapping[str, tuple[str, str]]] = {
    LIMIT: ("limit", ""),
    OURS: ("ours", ""),
    PYTHON_LDAP: ("python_ldap", "ldap"),
    BONSAI: ("bonsai_client", "bonsai"),
    LDAP3: ("ldap3_client", "ldap3"),
    READER: ("ldap3_reader", "ldap3"),
}


def _all(function: str, *labels: str) -> tuple[Contender, ...]:
    return tuple(
        Contender(
            label, _CLIENTS[label][0], function, _CLIENTS[label][1], label in _SLOW
        )
        for label in labels
    )


_SLOW: Final = frozenset({LDAP3, READER})


def _parts(function: str, **others: str) -> tuple[Contender, ...]:
    return (
        Contender(OURS, "parts", function),
        *(
            Contender(label, "parts", f"{function}-{label}", package)
            for label, package in others.items()
        ),
    )


TABLE: Final = (
    Measured(
        "W1",
        "stream typed entries, read two attributes",
        "entries",
        (
            *_all("stream", OURS, LIMIT),
            Contender(UNTYPED, "ours", "untyped"),
            *_all("stream", PYTHON_LDAP, BONSAI, LDAP3, READER),
        ),
    ),
    Measured(
        "W1",
        "the same inside TLS",
        "entries",
        _all("stream", OURS, PYTHON_LDAP, BONSAI, LDAP3),
        tls=True,
    ),
    Measured(
        "W2",
        "all at once, every attribute read",
        "entries",
        _all("all", OURS, PYTHON_LDAP, BONSAI, LDAP3, READER),
    ),
    Measured(
        "W3",
        "one lookup after the other",
        "lookups",
        _all("lookup", OURS, LIMIT, PYTHON_LDAP, BONSAI, LDAP3, READER),
        count=1000,
    ),
    Measured(
        "W3",
        "the same inside TLS",
        "lookups",
        _all("lookup", OURS, PYTHON_LDAP, BONSAI, LDAP3),
        count=1000,
        tls=True,
    ),
    Measured(
        "W4",
        "connect, bind, unbind",
        "connections",
        _all("connect", OURS, LIMIT, PYTHON_LDAP, BONSAI, LDAP3),
        count=200,
    ),
    Measured(
        "W4",
        "the same inside TLS",
        "connections",
        _all("connect", OURS, PYTHON_LDAP, BONSAI, LDAP3),
        count=200,
        tls=True,
    ),
    Measured(
        "W5",
        "500 lookups in flight on one asyncio connection",
        "lookups",
        _all("in_flight", OURS, BONSAI),
        count=2000,
    ),
    Measured(
        "W6",
        "add, modify, delete",
        "operations",
        (
            *_all("write", OURS),
            Contender("ldapom, typed", "ours", "commit"),
            *_all("write", PYTHON_LDAP, BONSAI, LDAP3),
        ),
        count=200,
    ),
    Measured(
        "W7",
        "decode an entry's message",
        "messages",
        (
            *_parts("decode", ldap3="ldap3", pyasn1="ldap3"),
            Contender("ldapom, attributes left for later", "parts", "decode-arriving"),
        ),
        count=10_000,
    ),
    Measured(
        "W7",
        "encode an entry's message",
        "messages",
        _parts("encode", pyasn1=""),
        count=10_000,
    ),
    Measured(
        "W8",
        "read and parse the schema",
        "definitions",
        _parts("schema", ldap3="ldap3"),
    ),
    Measured("W8", "import the package", "imports", _parts("import", ldap3="ldap3")),
    Measured(
        "W8",
        "import a generated module too",
        "imports",
        (Contender(OURS, "parts", "import-models"),),
    ),
    Measured(
        "W9",
        "memory while all are streamed: from a tenth to the end",
        "entries",
        _all("flat", OURS),
        rounds=1,
    ),
)

#: The same for entries of other kinds, which are one table.
KINDS: Final = tuple(
    Measured(
        "kinds",
        kind,
        "entries",
        (
            *_all("stream", OURS, LIMIT, PYTHON_LDAP),
            Contender("ldapom, every value, untyped", "ours", "walked"),
            Contender("ldapom, every attribute of the class", "ours", "whole"),
        ),
        rounds=3,
        folder=kinds.folder(kind),
    )
    for kind in kinds.KINDS
)
