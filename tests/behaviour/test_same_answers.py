"""The directory in the box gives the results that OpenLDAP gives, on random requests.

What is asked keeps away from the differences that `ldapom.testing.directory` lists,
and has one fault at a time: which of several is told may differ.
"""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from attrs import define, field

from ldapom import Connection, filters
from ldapom.changes import Add, Change, Delete, Increment, Replace
from ldapom.dn import DN
from ldapom.errors import ResultCode, ResultError
from ldapom.protocol.messages import Scope
from ldapom.testing import Directory
from tests.servers.targets import Server, delete_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.filters import Filter

    #: What is asked of any connection.
    Ask: TypeAlias = Callable[[Connection], object]

STEPS: Final = 250
WORDS: Final = [
    "a",
    "b",
    "A",
    "a b",
    "a  b",
    " a",
    "ä",
    "Ä",
    "x*y",
    "1",
    "01",
    "(",
    "ab",
]
FORBIDDEN: Final = (ResultCode.objectClassViolation, DN.parse(""))
OTHER: Final = (ResultCode.other, DN.parse(""))
#: What is given to each attribute: mostly what fits, and some that does not.
VALUES: Final[dict[str, list[str]]] = {
    "cn": WORDS,
    "sn": [*WORDS, ""],
    "description": WORDS,
    "title": ["a", "A", "b c"],
    "mail": ["a@b", "A@B", "c@d", "ä@b"],
    "telephoneNumber": ["+1 2", "+12", "5", "+1-2"],
    "uidNumber": ["1", "2", "30", "-4", "007", "one"],
    "seeAlso": ["cn=a", "cn=b,dc=c", "junk"],
    "preferredDeliveryMethod": ["mhs", "any $ mhs", "pigeon"],
    "displayName": ["a", "A"],
    "objectClass": ["person", "inetOrgPerson", "posixAccount", "device", "nope"],
    "jpegPhoto": ["a", "b"],
    "createTimestamp": ["20200101000000Z"],
    "nope": ["a"],
}
CLASSES: Final[list[dict[str, list[str]]]] = [
    {"objectClass": ["inetOrgPerson"], "cn": ["a"], "sn": ["b"]},
    {"objectClass": ["person"], "cn": ["a"], "sn": ["b"]},
    {"objectClass": ["inetOrgPerson", "extensibleObject"], "cn": ["a"], "sn": ["b"]},
    {"objectClass": ["organizationalUnit"], "ou": ["a"]},
    {"objectClass": ["groupOfNames"], "cn": ["a"], "member": ["cn=a"]},
    {"objectClass": ["device"]},
    {"objectClass": ["top"], "cn": ["a"]},
]


def outcome(ask: Ask, connection: Connection) -> object:
    """What came of a request: what it gave, or how it was refused."""
    try:
        return ask(connection)
    except ResultError as error:
        code = ResultCode(error.code)
        if code == ResultCode.namingViolation:
            code = ResultCode.notAllowedOnRDN
        return code, DN.from_server(error.matched_dn)


def entries(base: str, wanted: Filter | str, scope: Scope) -> Ask:
    """A search, as a function of the connection; values have no order."""

    def ask(connection: Connection) -> dict[DN, dict[str, list[bytes]]]:
        return {
            DN.from_server(entry.dn): {
                k: sorted(v) for k, v in entry.attributes.items()
            }
            for entry in connection.search(base, wanted, scope=scope)
        }

    return ask


@define
class Asker:
    """Makes requests up below a base; the same seed makes the same ones."""

    base: str
    dice: random.Random
    known: list[str] = field(factory=list)

    def request(self) -> tuple[str, Ask]:
        """What is asked, in words and as a function of the connection."""
        makers = (self.add, self.modify, self.delete, self.rename, self.search)
        return self.dice.choices(makers, (4, 6, 1, 2, 6))[0]()

    def pair(self) -> tuple[str, str]:
        """An attribute and a value for it."""
        name = self.dice.choice(list(VALUES))
        return name, self.dice.choice(VALUES[name])

    def rdn(self) -> tuple[str, str]:
        """A naming attribute and its value."""
        return self.dice.choice(["cn", "uid", "ou"]), self.dice.choice(
            ["a", "b", "ä,+"]
        )

    def add(self) -> tuple[str, Ask]:
        """An Add below something that is there."""
        type_, value = self.rdn()
        dn = str(DN.of((type_, value), DN.parse(self.dice.choice(self.known))))
        values = {k: list(v) for k, v in self.dice.choice(CLASSES).items()}
        values[type_] = [value]
        return f"add {dn} {values}", lambda c: c.add(dn, values) and None

    def modify(self) -> tuple[str, Ask]:
        """A Modify of one change."""
        dn, (name, value) = self.dice.choice(self.known), self.pair()
        kind = self.dice.choice((Add, Delete, Replace))
        values = [value] if kind is Add else self.dice.choice(([], [value]))
        change: Change = kind(name, values)
        if self.dice.random() < 0.1:
            change = Increment(name, 1)
        return f"modify {dn} {change}", lambda c: c.modify(dn, [change]) and None

    def delete(self) -> tuple[str, Ask]:
        """A Delete of anything but the base."""
        dn = self.dice.choice(self.known[1:] or [f"cn=none,{self.base}"])
        return f"delete {dn}", lambda c: c.delete(dn) and None

    def rename(self) -> tuple[str, Ask]:
        """A ModifyDN of anything but the base."""
        dn = self.dice.choice(self.known[1:] or [f"cn=none,{self.base}"])
        above, old = self.dice.choice([None, *self.known]), self.dice.random() < 0.5
        moved = DN.of(
            self.rdn(),
            DN.parse(above) if above else DN.parse(dn).parent or DN.parse(""),
        )
        new = "cn=c" if DN.parse(dn).is_under(moved) else str(moved.rdns[0])
        return (
            f"rename {dn} {new} {above} {old}",
            lambda c: (
                c.rename(dn, new, new_superior=above, delete_old_rdn=old) and None
            ),
        )

    def search(self) -> tuple[str, Ask]:
        """A Search with a random filter."""
        wanted, scope = self.filter(2), self.dice.choice(list(Scope))
        base = self.dice.choice([self.base, *self.known])
        return f"search {base} {wanted} {scope}", entries(base, wanted, scope)

    def filter(self, depth: int) -> Filter:
        """A filter of at most a depth."""
        name, text = self.pair()
        value = text.encode() or b"-"
        if depth and self.dice.random() < 0.4:
            parts = tuple(
                self.filter(depth - 1) for _ in range(self.dice.randint(0, 3))
            )
            inner: Filter = self.dice.choice((filters.And, filters.Or))(parts)
            return filters.Not(inner) if self.dice.random() < 0.4 else inner
        leaves: tuple[Filter, ...] = (
            filters.Equality(name, value),
            filters.Present(name),
            filters.GreaterOrEqual(name, value),
            filters.LessOrEqual(name, value),
            filters.Substrings(name, value, (), None),
            filters.Substrings(name, None, (value,), None),
        )
        return self.dice.choice(leaves)


@pytest.fixture
def twins(slapd_server: Server) -> Iterator[tuple[Connection, Connection, str]]:
    """The box, OpenLDAP, and an entry that both have."""
    name = f"same-{uuid.uuid4()}"
    base = f"ou={name},{slapd_server.base}"
    box = Server("box", Directory.sample())
    with box.connection() as left, slapd_server.connection() as right:
        for connection in (left, right):
            connection.add(base, {"objectClass": "organizationalUnit", "ou": name})
        yield left, right, base
    delete_tree(slapd_server, base)


@pytest.mark.real_server
@pytest.mark.parametrize("seed", range(4))
def test_same_answers(twins: tuple[Connection, Connection, str], seed: int) -> None:
    """Result, matched DN, and all entries after each request are the same."""
    left, right, base = twins
    asker = Asker(base, random.Random(seed), [base])
    everything = entries(base, "(objectClass=*)", Scope.sub)
    for _ in range(STEPS):
        what, ask = asker.request()
        here, there = outcome(ask, left), outcome(ask, right)
        # Some renames that the schema forbids are `other` there.
        assert here == there or (here, there) == (FORBIDDEN, OTHER), what
        now = everything(left)
        assert now == everything(right), what
        assert isinstance(now, dict)
        asker.known = [base, *sorted(str(dn) for dn in now if dn != DN.parse(base))]
