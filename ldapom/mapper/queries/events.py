"""What a watch tells: frozen values, typed by the class of the entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from uuid import UUID

    from ldapom.dn import DN

E_co = TypeVar("E_co", covariant=True)


@frozen
class Added(Generic[E_co]):
    """An entry that was not there before, or did not match.

    A watch that goes on from a cookie does not know what was there: then it may have
    been there, and is another one now.

    Attributes:
        entry: As it is; it can be read only.
        uuid: The server's own, where it says it.
    """

    entry: E_co
    uuid: UUID | None = None


@frozen
class Changed(Generic[E_co]):
    """An entry of which something is different that the query asks for.

    Attributes:
        entry: As it is now; it can be read only.
        uuid: The server's own, where it says it.
        former_dn: What it was called before, where it was renamed or moved.
    """

    entry: E_co
    uuid: UUID | None = None
    former_dn: DN | None = None


@frozen
class Deleted:
    """An entry that is gone, or does not match any more.

    Attributes:
        dn: What it was called; None where only the UUID is known.
        uuid: The server's own, where it says it.
    """

    dn: DN | None = None
    uuid: UUID | None = None


@frozen
class Synced:
    """All that is there has been told; what follows happens from now on.

    It comes when the watch begins, and again when it comes back to a server.

    Attributes:
        remaining: None says that nothing has to be done. A set, which only a watch
            that went on from a cookie gets, has the UUIDs of all entries that are
            there: what else one holds is gone.
    """

    remaining: frozenset[UUID] | None = None


@frozen
class Missed:
    """The connection was lost, and what has changed meanwhile can not be told.

    It comes only from a persistent search with ``initial=False``.
    """


#: What a watch tells.
Event: TypeAlias = Added[E_co] | Changed[E_co] | Deleted | Synced | Missed
