"""Following referrals (RFC 4511 4.1.10): where to, with which request, and how far.

1. A `Trail` belongs to one operation. It knows what was asked where, so that nothing
   is asked twice, and how many servers in a row sent on.
2. One server is visited at a time, and its connection is closed before the next.
3. What is not followed is said: as a note of the error, or in a list beside entries.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import evolve, frozen

from ldapom.errors import ConnectError, Referral, URLSyntaxError
from ldapom.protocol import messages as m
from ldapom.protocol import parts
from ldapom.protocol.flows import steps
from ldapom.protocol.referrals import Unfollowed
from ldapom.secrets import unseen
from ldapom.url import LDAPURL

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ldapom.protocol.engine import Engine
    from ldapom.protocol.referrals import Guide, Place

Followed = (
    m.SearchRequest
    | m.CompareRequest
    | m.AddRequest
    | m.ModifyRequest
    | m.DelRequest
    | m.ModifyDNRequest
)
Q = TypeVar("Q", bound=Followed)
R = TypeVar("R")


@frozen
class Step:
    """Where a reference leads.

    Attributes:
        url: As the server wrote it.
        place: The server to ask.
        request: What to ask there.
        hop: How many servers in a row have sent on.
    """

    url: str
    place: Place
    request: Followed
    hop: int


class Trail:
    """Where references of one operation have led, and may still lead.

    Args:
        guide: What may be followed.
        request: What was asked first.
    """

    def __init__(self, guide: Guide, request: Followed) -> None:
        self._rules = guide.rules
        self._left = guide.rules.most
        self._asked = {_key(guide.host, guide.port, request)}

    def step(self, url: str, request: Followed, hop: int) -> Step | Unfollowed:
        """What a URL asks to do; or why it is not done.

        Args:
            url: As the server wrote it.
            request: What that server was asked.
            hop: How many servers in a row have sent on, this one included.
        """
        rules = self._rules
        if hop > rules.hops:
            return Unfollowed(url, f"more than {rules.hops} servers in a row sent on")
        if not self._left:
            return Unfollowed(url, f"more than {rules.most} references to follow")
        try:
            parsed = LDAPURL.parse(url)
        except URLSyntaxError as error:
            return Unfollowed(url, f"it is malformed: {error.reason}")
        refusal = rules.refusal(parsed)
        if refusal is not None:
            return Unfollowed(url, refusal)
        wanted = redirected(request, parsed)
        key = _key(*parsed.address, wanted)
        if key in self._asked:
            return Unfollowed(url, "it leads back to what was asked already")
        self._asked.add(key)
        self._left -= 1
        return Step(url, rules.place(parsed), wanted, hop)


def _key(host: str, port: int, request: Followed) -> Hashable:
    """What makes two requests the same: server, kind, name, scope and filter."""
    what: Hashable = None
    if isinstance(request, m.SearchRequest):
        what = (request.scope, request.filter)
    name = request.target.casefold().replace(" ", "")
    return host.lower().rstrip("."), port, type(request), name, what


@unseen
def redirected(request: Followed, url: LDAPURL) -> Followed:
    """The request that a URL asks to send in place of another one.

    What the URL leaves out stays as it was (RFC 4511 4.1.10).
    """
    name = str(url.dn) or request.target
    if isinstance(request, m.SearchRequest):
        scope, filter_ = _given(str(url))
        return evolve(
            request,
            base_object=name,
            scope=parts.Scope[url.scope] if scope else request.scope,
            filter=url.filter if filter_ else request.filter,
        )
    if isinstance(request, m.ModifyRequest):
        return evolve(request, object=name)
    return evolve(request, entry=name)


def _given(text: str) -> tuple[bool, bool]:
    """Whether a URL says a scope and a filter; left out they read as the defaults."""
    parts = text.split("?")[2:4]
    return bool(parts[:1] and parts[0]), bool(parts[1:] and parts[1])


def follow(
    engine: Engine,
    guide: Guide,
    request: Q,
    begin: Callable[[Engine, Q], steps.Flow[R]],
) -> steps.Flow[R]:
    """Carry out an operation, on another server where this one says so.

    Args:
        engine: Whom to ask first.
        guide: What may be followed.
        request: What to ask.
        begin: Makes the flow that asks it.

    Raises:
        Referral: None of its URLs was followed; its notes say why.
    """
    try:
        return (yield from begin(engine, request))
    except Referral as error:
        referral = error
    trail = Trail(guide, request)
    asked: Followed = request
    hop = 0
    while True:
        hop += 1
        step, outcome = yield from _elsewhere(referral, trail, asked, hop, begin)
        if not isinstance(outcome, Referral):
            return outcome
        referral, asked = outcome, step.request


def _begin(
    engine: Engine, begin: Callable[[Engine, Q], steps.Flow[R]], request: Q
) -> steps.Flow[R]:
    return begin(engine, request)


def _elsewhere(
    referral: Referral,
    trail: Trail,
    asked: Followed,
    hop: int,
    begin: Callable[[Engine, Q], steps.Flow[R]],
) -> steps.Flow[tuple[Step, R | Referral]]:
    """Carry it out on the first server of a referral that can be reached."""
    for url in referral.referrals:
        step = trail.step(url, asked, hop)
        if isinstance(step, Unfollowed):
            referral.add_note(str(step))
            continue
        stay = steps.Stay(step.place)
        request = cast("Q", step.request)  # redirected() keeps the kind
        try:
            found = yield from steps.visit(
                stay, partial(_begin, begin=begin, request=request), request
            )
        except ConnectError as error:
            referral.add_note(str(Unfollowed(url, str(error))))
        except Referral as further:
            return step, further
        else:
            return step, found
        finally:
            stay.leave()
    raise referral
