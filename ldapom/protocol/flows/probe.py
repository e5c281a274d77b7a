"""The cheapest question there is: that it is refused is an answer too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.errors import Busy, ResultError, Unavailable
from ldapom.filters import Present
from ldapom.protocol.flows.search import SearchCursor
from ldapom.protocol.messages import Scope, SearchRequest

if TYPE_CHECKING:
    from ldapom.protocol.engine import Engine
    from ldapom.protocol.flows.steps import Flow

#: What any server answers, whoever asks: it is there.
PROBE: Final = SearchRequest("", Scope.base, Present("objectClass"), ("1.1",))


def probe(engine: Engine) -> Flow[None]:
    """See whether the server answers, be it with a refusal.

    Raises:
        TransportError: It does not.
        Busy, Unavailable: It can not serve anybody.
    """
    cursor = SearchCursor(engine, PROBE)
    try:
        while (yield from cursor.fetch()):
            pass
    except (Busy, Unavailable):
        raise
    except ResultError:
        return
