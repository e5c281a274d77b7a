"""`Moves`: where entries are after renames, which take along all that is below.

Renames are kept in the order in which they happen: a name that was left can be taken
by another entry and left again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from ldapom.dn import DN

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

#: What `DN.key` gives: what equality of names looks at.
Key: TypeAlias = tuple[tuple[tuple[str, str, bytes], ...], ...] | str


class Moves(Generic[T]):
    """The renames so far; ``T`` is what is kept with each.

    Attributes:
        followed: How many of them the entries that are held were taken along by.
    """

    def __init__(self) -> None:
        self.followed = 0
        self._from: dict[Key, list[tuple[int, DN, DN, T]]] = {}
        self._left: list[DN] = []

    def __len__(self) -> int:
        return len(self._left)

    @property
    def unfollowed(self) -> list[DN]:
        """The names that were left since entries were last taken along."""
        return self._left[self.followed :]

    def record(self, old: DN, new: DN, what: T) -> None:
        """Take note of one more rename.

        Args:
            old: The name before it, all earlier renames done.
            new: The name after it.
            what: What `follow` gives back for it.
        """
        self._from.setdefault(old.key, []).append((len(self), old, new, what))
        self._left.append(old)

    def follow(self, dn: DN, since: int = 0) -> tuple[DN, list[T]]:
        """Where an entry is now, and what has moved it there.

        Args:
            dn: Its name when ``since`` renames had happened.
            since: How many had happened.
        """
        movers: list[T] = []
        while len(self) > since:
            found = min(self._applicable(dn, since), key=_number, default=None)
            if found is None:
                break
            number, old, new, what = found
            dn = _replaced(dn, old, new)
            movers.append(what)
            since = number + 1
        return dn, movers

    def _applicable(self, dn: DN, since: int) -> Iterator[tuple[int, DN, DN, T]]:
        for key in (dn.key, *keys_above(dn)):
            for move in self._from.get(key, ()):
                if move[0] >= since:
                    yield move
                    break


def _number(move: tuple[int, DN, DN, object]) -> int:
    return move[0]


def keys_above(dn: DN) -> Iterator[Key]:
    """The keys of all names above one, the nearest first."""
    key = dn.key
    if not isinstance(key, str):
        for start in range(1, len(key)):
            yield key[start:]


def _replaced(dn: DN, old: DN, new: DN) -> DN:
    """Put a new name in the place of the old one at the end; the rest is kept."""
    top: DN | None = dn
    for _ in range(len(dn) - len(old)):
        top = top and top.parent
    text, end = str(dn), str(top or "")
    return DN.from_server(text[: len(text) - len(end)] + str(new))
