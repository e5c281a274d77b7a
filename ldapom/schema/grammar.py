"""The clauses that the kinds of definition are made of, and the words in them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ldapom.schema import clauses, quick
from ldapom.schema.parse import Clause
from ldapom.schema.quick import Form

if TYPE_CHECKING:
    from ldapom.schema.clauses import Notes


class Kind(StrEnum):
    """What an object class is for (RFC 4512 2.4)."""

    abstract = "abstract"
    structural = "structural"
    auxiliary = "auxiliary"


class Usage(StrEnum):
    """Who an attribute is for (RFC 4512 2.5); the first are user attributes."""

    user_applications = "userApplications"
    directory_operation = "directoryOperation"
    distributed_operation = "distributedOperation"
    dsa_operation = "dSAOperation"

    @property
    def is_operational(self) -> bool:
        """Whether the attribute is sent only when it is asked for by name or ``+``."""
        return self is not Usage.user_applications


_USAGES = {usage.value.lower(): usage for usage in Usage}


def _read_names(found: list[str], at: int, notes: Notes) -> tuple[Any, int]:
    """Read NAME; ``NAME ( )`` and ``NAME ''`` give no name."""
    token = found[at]
    if token[:1] == "'" and len(token) > 1 and found[at + 1][:1] not in ("$", "'"):
        # Nearly all.
        name = clauses.text_of(token).strip()
        if "'" in name:
            clauses.check_names(found, (at, at + 1), notes)
        return ((name,) if name else ()), at + 1
    names, after = clauses.read_oids(found, at, notes)
    while found[after][:1] == "'" and len(found[after]) > 1:  # no parentheses
        more, after = clauses.read_oids(found, after, notes)
        names = tuple(dict.fromkeys((*names, *more)))
    return names, after


def read_usage(found: list[str], at: int, notes: Notes) -> tuple[Usage, int]:
    """Read USAGE; a word RFC 4512 does not know counts as userApplications."""
    text, after = clauses.read_text(found, at, notes)
    # Apache's servers write USER_APPLICATIONS.
    usage = _USAGES.get(text.lower().replace("_", ""))
    if usage is None:
        notes.append((f"USAGE {text[:64]!r} is unknown", at))
    return usage or Usage.user_applications, after


def write_usage(keyword: str, value: Usage) -> str:
    """Write USAGE where it is not the default."""
    return f" {keyword} {value.value}" if value.is_operational else ""


def kind_of(kind: Kind) -> Clause:
    """Make the clause of one kind of object class; the kind is the keyword."""

    def read(found: list[str], at: int, notes: Notes) -> tuple[Kind, int]:
        del found, notes
        return kind, at

    def write(keyword: str, value: Kind) -> str:
        return f" {keyword}" if value is kind else ""

    return Clause(kind.upper(), "kind", read, write, Form("", lambda _: kind))


def oid(keyword: str, name: str) -> Clause:
    """Make the clause of one name or OID."""
    return Clause(keyword, name, clauses.read_oid, clauses.write_oid, quick.OID)


def oids(keyword: str, name: str) -> Clause:
    """Make the clause of a list of names or OIDs."""
    return Clause(keyword, name, clauses.read_oids, clauses.write_oids, quick.OIDS)


def flag(keyword: str, name: str) -> Clause:
    """Make the clause of a keyword without a value."""
    return Clause(keyword, name, clauses.read_flag, clauses.write_flag, _FLAG)


_FLAG = Form("", lambda _: True)
NAME = Clause("NAME", "names", _read_names, clauses.write_texts, quick.NAMES)
DESC = Clause("DESC", "description", clauses.read_text, clauses.write_text, quick.TEXT)
OBSOLETE = flag("OBSOLETE", "obsolete")
SYNTAX = Clause(
    "SYNTAX", "syntax", clauses.read_bounded, clauses.write_oid, quick.BOUNDED
)
MUST = oids("MUST", "must")
MAY = oids("MAY", "may")
USAGE = Clause("USAGE", "usage", read_usage, write_usage, Form("|".join(Usage), Usage))
RULES = Clause("SUP", "sup", clauses.read_numbers, clauses.write_numbers)
