"""Python names for what the schema names: documented, stable, order-free.

Rules, for attributes:

1. The schema's own spelling stays (``uidNumber``), or becomes ``uid_number`` with
   ``Naming.snake_case``.
2. What no Python identifier may hold becomes ``_`` (``ms-DS-Foo`` -> ``ms_DS_Foo``).
   A name that does not begin with a letter gets ``attr_`` before it
   (``2fa`` -> ``attr_2fa``), an OID ``oid_`` (``oid_1_2_3``).
3. Keywords, the public names of ``Entry`` and the names a generated module uses get
   ``_`` behind them (``class_``, ``dn_``, ``str_``).
4. Where two names of one schema become the same, the one that needed no change
   keeps it; every other one gets digits of the SHA-256 of its LDAP name
   (``ms_ds_foo_7fb9``). No rule looks at the order of definitions.

Classes: each part of the LDAP name begins with a capital (``inetOrgPerson`` ->
``InetOrgPerson``, ``ms-DS-Foo`` -> ``MsDSFoo``), then rules 2 (``Class2fa``), 3 and 4;
the names of the models asked for count as used.
"""

from __future__ import annotations

import keyword
import re
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

#: The public names of ``Entry`` and ``Auxiliary``; a test keeps them equal.
ENTRY_NAMES = frozenset(
    {
        "as_",
        "dn",
        "drop",
        "extend",
        "extra",
        "from_dict",
        "from_json",
        "from_ldif",
        "objectClass",
        "operational",
        "query",
        "raw",
        "referenced_by",
        "state",
        "to_dict",
        "to_json",
        "to_ldif",
        "variants",
    }
)

#: Names that a constructor or a query has for itself.
PARAMETER_NAMES = frozenset({"self", "cls", "conditions", "NOTHING", "attr_dict"})

#: Names that a generated module imports or uses from the builtins.
MODULE_NAMES = frozenset(
    {
        "Attr",
        "Auxiliary",
        "DN",
        "Entry",
        "Filter",
        "Many",
        "PostalAddress",
        "Query",
        "Self",
        "Sid",
        "TYPE_CHECKING",
        "TypedDict",
        "UUID",
        "Unpack",
        "annotations",
        "attribute",
        "bool",
        "bytes",
        "classmethod",
        "datetime",
        "int",
        "on_request",
        "property",
        "str",
        "timedelta",
    }
)

_DIGEST_LENGTHS = (4, 8, 16, 64)
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_]")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]+")
_NUMERIC_OID = re.compile(r"\d+(\.\d+)+")
#: Active Directory begins all names small, also with an abbreviation: ``sAMAccount``.
_SMALL = re.compile(r"(?<![A-Za-z0-9])[a-z](?=[A-Z]{2}|[A-Z](?![A-Za-z0-9]))")
#: Where a word begins; the plural of an abbreviation is one: ``masterNCs``.
_HUMP = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]e?s(?![a-z]))"
)


class Naming(Enum):
    """How attributes are spelled in Python."""

    schema = "schema"
    snake_case = "snake_case"


def attribute_names(
    ldap_names: Iterable[str], naming: Naming, taken: Collection[str] = ()
) -> dict[str, str]:
    """Give every attribute of a schema its Python name.

    Args:
        ldap_names: All attribute names of the schema, not only those asked for, so
            that a name does not depend on what else is generated.
        naming: The spelling asked for.
        taken: Further names that the module uses.

    Returns:
        LDAP name -> Python name; the Python names differ from each other.
    """
    used = ENTRY_NAMES | PARAMETER_NAMES | MODULE_NAMES | frozenset(taken)
    return _distinct(ldap_names, lambda name: _free(_spell(name, naming), used))


def class_names(ldap_names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Give every object class of a schema its Python name.

    Args:
        ldap_names: All object class names of the schema.
        taken: The names of the models that the module will define.

    Returns:
        LDAP name -> Python name; the Python names differ from each other.
    """
    used = MODULE_NAMES | frozenset(taken)
    return _distinct(ldap_names, lambda name: _free(_pascal(name), used))


def is_usable(name: str) -> bool:
    """Whether a model may be called this in a generated module."""
    return (
        name.isascii()
        and name.isidentifier()
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and name not in MODULE_NAMES
    )


def _spell(name: str, naming: Naming) -> str:
    if _NUMERIC_OID.fullmatch(name):
        return "oid_" + name.replace(".", "_")
    text = _NOT_IN_NAME.sub("_", name)
    if naming is Naming.snake_case:
        text = _SMALL.sub(lambda match: match[0].upper(), text)
        text = _HUMP.sub("_", text).lower()
    return text if text[:1].isalpha() else "attr_" + text.lstrip("_")


def _pascal(name: str) -> str:
    parts = _NOT_ALPHANUMERIC.split(name)
    text = "".join(part[:1].upper() + part[1:] for part in parts)
    if _NUMERIC_OID.fullmatch(name):
        return "Oid" + name.replace(".", "_")
    return text if text[:1].isalpha() else "Class" + text


def _free(name: str, used: Collection[str]) -> str:
    while keyword.iskeyword(name) or name in used:
        name += "_"
    return name


def _distinct(names: Iterable[str], spell: Callable[[str], str]) -> dict[str, str]:
    spelled = {name: spell(name) for name in names}
    owners: dict[str, list[str]] = {}
    for name, python in spelled.items():
        owners.setdefault(python, []).append(name)
    crowded = {
        name: python
        for name, python in spelled.items()
        if len(owners[python]) > 1 and name != python
    }
    return spelled | _suffixed(crowded, frozenset(spelled.values()))


def _suffixed(crowded: Mapping[str, str], used: frozenset[str]) -> dict[str, str]:
    """Add the fewest digits that tell all crowded names apart."""
    found: dict[str, str] = {}
    for length in _DIGEST_LENGTHS:
        found = {
            name: f"{python}_{_digest(name)[:length]}"
            for name, python in crowded.items()
        }
        if len(set(found.values())) == len(found) and not used & set(found.values()):
            break
    return found


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
