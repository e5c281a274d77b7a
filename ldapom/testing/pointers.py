"""Entries that point elsewhere: referral objects (RFC 3296) and aliases (RFC 4512 2.6).

1. A referral object stands for a subtree on another server. Whatever names it, or
   something below it, is referred there; a search that comes across it gives a
   continuation reference, whatever its filter.
2. An alias stands for another entry here. A search follows it where it asks to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.dn import DN
from ldapom.errors import Referral, ResultCode, URLSyntaxError
from ldapom.protocol.messages import DerefAliases, Scope
from ldapom.testing.checks import refusal
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.dn import RDN
    from ldapom.protocol.messages import SearchRequest
    from ldapom.testing.store import Store
    from ldapom.testing.tree import Entry

#: Aliases that lead to aliases; more of them are a loop.
_MAX_ALIASES = 16
_FINDING = (DerefAliases.finding_base, DerefAliases.always)
_SEARCHING = (DerefAliases.in_searching, DerefAliases.always)


class Pointers:
    """The referral objects and aliases of one store.

    Args:
        store: Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def _of_class(self, name: bytes) -> frozenset[int]:
        store = self._store
        classes, kind = store.tree.indexed("objectClass"), store.vocabulary.kind
        described = kind("objectClass")
        if classes is None or described is None or described.normalize is None:
            return frozenset()
        return frozenset(classes.get(described.normalize(name), ()))

    # --- referral objects --------------------------------------------------------

    def check(self, name: str, scope: Scope | None = None) -> None:
        """Refer whoever asks for a name that is, or is below, a referral object.

        Args:
            name: The name.
            scope: Of a search.

        Raises:
            Referral: With the URLs, which name the entry there.
        """
        referrals = self.referrals()
        if not referrals:
            return
        dn, key = self._store.read_dn(name)
        for length in range(1, len(key) + 1):
            entry = self._store.tree.find(key[:length])
            if entry is not None and entry.number in referrals:
                below = dn.rdns[: len(key) - length]
                asked = "" if scope is None else f"??{scope.name}"
                raise Referral(
                    ResultCode.referral,
                    matched_dn=entry.dn,
                    referrals=_urls(entry, below, asked),
                )

    def referrals(self) -> frozenset[int]:
        """The numbers of the referral objects."""
        return self._of_class(b"referral")

    def references(self, request: SearchRequest) -> Iterator[tuple[str, ...]]:
        """The URLs of each referral object that a search comes across."""
        base = self._store.locate(request.base_object)
        depth = len(base.key)
        # RFC 4511 4.5.3: where one level was asked for, the entry there is at its end.
        asked = "??sub" if request.scope is Scope.sub else "??base"
        for number in sorted(self.referrals()):
            entry = self._store.tree.get(number)
            if entry is None or entry.key[:depth] != base.key:
                continue
            away = len(entry.key) - depth
            if (request.scope is Scope.sub and away) or (
                request.scope is Scope.one and away == 1
            ):
                yield _urls(entry, (), asked)

    # --- aliases -----------------------------------------------------------------

    def base(self, request: SearchRequest) -> Entry:
        """Where a search begins, aliases in its base followed where it asks to.

        Raises:
            ResultError: There is no such entry, or its aliases lead nowhere.
        """
        store = self._store
        if request.deref_aliases not in _FINDING:
            return store.locate(request.base_object)
        aliases = self._of_class(b"alias")
        name = request.base_object
        for _ in range(_MAX_ALIASES):
            found = self._renamed(name, aliases)
            if found is None:
                return store.locate(name)
            name = found
        raise refusal(ResultCode.aliasProblem, "these aliases lead to each other")

    def _renamed(self, name: str, aliases: frozenset[int]) -> str | None:
        """The name with its topmost alias replaced; None when it has none."""
        dn, key = self._store.read_dn(name)
        for length in range(1, len(key) + 1):
            entry = self._store.tree.find(key[:length])
            if entry is not None and entry.number in aliases:
                below = dn.rdns[: len(key) - length]
                return str(DN((*below, *DN.parse(_target(entry)).rdns)))
        return None

    def follows(self, request: SearchRequest) -> bool:
        """Whether a search is to look behind aliases, and there are any."""
        wanted = request.deref_aliases in _SEARCHING
        return wanted and request.scope is not Scope.base and self.has_aliases

    @property
    def has_aliases(self) -> bool:
        """Whether there are any."""
        return bool(self._of_class(b"alias"))

    def numbers(self, request: SearchRequest, base: Entry) -> Sequence[int]:
        """The entries in scope of a search that looks behind aliases, each once."""
        aliases = self._of_class(b"alias")
        found: dict[int, None] = {}
        vertices = [base]
        known = {base.number}
        while vertices:
            for number in self._scope(vertices.pop(), base, request.scope):
                # The base itself is followed by `base`, or not at all.
                if number not in aliases or number == base.number:
                    found[number] = None
                    continue
                target = self._behind(number)
                if target is not None and target.number not in known:
                    known.add(target.number)
                    vertices.append(target)
        return list(found)

    def _scope(self, vertex: Entry, base: Entry, scope: Scope) -> Sequence[int]:
        tree = self._store.tree
        if scope is Scope.sub:
            return tree.subtree(vertex.key)
        return tree.children(vertex.key) if vertex is base else [vertex.number]

    def _behind(self, number: int) -> Entry | None:
        """The entry that an alias stands for; None where there is none."""
        tree = self._store.tree
        entry = tree.get(number)
        if entry is None:
            return None
        return tree.find(self._store.read_dn(_target(entry))[1])


def _values(entry: Entry, name: str) -> list[str]:
    found = entry.values.get(name, ())
    return [value.decode("utf-8", "surrogateescape") for value in found]


def _target(entry: Entry) -> str:
    """The name that an alias has for the entry it stands for.

    Raises:
        AliasDereferencingProblem: It has none.
    """
    for name in _values(entry, "aliasedObjectName"):
        return name
    raise refusal(ResultCode.aliasDereferencingProblem, f"{entry.dn} is no alias")


def _urls(entry: Entry, below: Sequence[RDN], asked: str) -> tuple[str, ...]:
    """The URLs of a referral object, for an entry below it (RFC 3296 5.2)."""
    return tuple(_url(text, entry, below, asked) for text in _values(entry, "ref"))


def _url(text: str, entry: Entry, below: Sequence[RDN], asked: str) -> str:
    try:
        url = LDAPURL.parse(text.partition(" ")[0])
    except URLSyntaxError:
        return text
    dn = DN((*below, *(url.dn.rdns or DN.parse(entry.dn).rdns)))
    return str(LDAPURL(url.scheme, url.host, port=url.port, dn=dn)) + asked
