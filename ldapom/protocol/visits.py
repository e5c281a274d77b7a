"""Visits to other servers that flows wish for, where references lead there.

1. Each is a link of its own, opened within the deadline of the call that leads there,
   and bound as `Referrals` says: never as who the session is.
2. It ends with the operation, or with the link that it began on.
3. What keeps it from beginning is a `ConnectError`: a flow may try elsewhere.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

from attrs import evolve

from ldapom.errors import ConnectError, ConnectionLost, DeadlineExceeded, LDAPError
from ldapom.protocol.credentials import Anonymous
from ldapom.protocol.log import Recorder
from ldapom.protocol.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.alink import AsyncLink
    from ldapom.protocol.base_link import BaseLink
    from ldapom.protocol.flows.steps import Flow, Stay, Visit
    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.link import Link
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.referrals import Place
    from ldapom.protocol.settings import Settings

L = TypeVar("L", bound="BaseLink")


class _Visits(Generic[L]):
    """The visits that begin on one link.

    Args:
        home: The link; it is not kept alive.
    """

    def __init__(self, home: L) -> None:
        self._ref = ref(home)
        self._links: dict[Stay, L] = {}

    @property
    def _home(self) -> L:
        home = self._ref()
        if home is None:
            raise ConnectionLost("the connection that led there is gone")
        return home

    @property
    def _usage(self) -> Usage:
        observer = self._home.engine.observer
        return observer.usage if isinstance(observer, Recorder) else Usage()

    def _settings(self, place: Place) -> Settings:
        """What the home link has, for another server: never less protected."""
        home, rules = self._home, place.rules
        layer = home.engine.layer
        is_protected = home.tls_active or (layer is not None and layer.seals)
        clear = place.url.scheme == "ldap"
        return evolve(
            home.settings,
            url=place.url,
            credentials=place.credentials,
            tls=home.settings.tls if rules.tls is None else rules.tls,
            start_tls=clear and is_protected and not rules.allow_downgrade,
            referrals=None,
            certificate=None,
        )

    def _began(self, stay: Stay, link: L, leave: Callable[[L], None]) -> None:
        self._links[stay] = link
        stay.begin(partial(self._left, stay, leave))
        link.engine.observer.followed(str(stay.place.url))

    def _left(self, stay: Stay, leave: Callable[[L], None]) -> None:
        link = self._links.pop(stay, None)
        if link is not None:
            leave(link)

    def close(self) -> None:
        """End every visit."""
        for stay in tuple(self._links):
            stay.leave()


class Visits(_Visits["Link"]):
    """The visits that begin on one blocking link."""

    def grant(self, wish: Visit, deadline: Deadline) -> None:
        """Carry out a flow elsewhere.

        Raises:
            ConnectError: There is no way there.
            LDAPError: Whatever the flow raises.
        """
        link = self._links.get(wish.stay)
        if link is None:
            try:
                link = self._open(wish, deadline)
            except DeadlineExceeded:
                raise
            except LDAPError as error:
                raise unreachable(wish, error) from error
            self._began(wish.stay, link, type(link).close)
        link.run(wish.begin(link.engine), deadline)

    def _open(self, wish: Visit, deadline: Deadline) -> Link:
        settings = self._settings(wish.stay.place)
        link = type(self._home).open(settings, deadline, self._usage)
        try:
            flow = login(link, wish)
            if flow is not None:
                link.run_alone(flow, deadline)
        except BaseException:
            link.close()
            raise
        return link


class AsyncVisits(_Visits["AsyncLink"]):
    """The visits that begin on one asyncio link."""

    async def grant(self, wish: Visit, deadline: Deadline) -> None:
        """Carry out a flow elsewhere; see `Visits.grant`."""
        link = self._links.get(wish.stay)
        if link is None:
            try:
                link = await self._open(wish, deadline)
            except DeadlineExceeded:
                raise
            except LDAPError as error:
                raise unreachable(wish, error) from error
            self._began(wish.stay, link, type(link).let_go)
        await link.run(wish.begin(link.engine), deadline)

    async def _open(self, wish: Visit, deadline: Deadline) -> AsyncLink:
        settings = self._settings(wish.stay.place)
        link = await type(self._home).open(settings, deadline, self._usage)
        try:
            flow = login(link, wish)
            if flow is not None:
                await link.run_alone(flow, deadline)
        except BaseException:
            link.let_go()
            raise
        return link


def login(link: BaseLink, wish: Visit) -> Flow[PasswordPolicy | None] | None:
    """The bind that a visit begins with; none for nobody.

    Raises:
        LocalProtocolError: A secret would travel in clear.
    """
    if wish.request is not None:
        link.check_secrets(wish.request)
    who = wish.stay.place.credentials
    if isinstance(who, Anonymous):
        return None
    if who.exposes_secret:
        link.check_private(f"the password of {who}")
    return link.bind(who)


def unreachable(wish: Visit, error: LDAPError) -> ConnectError:
    """What a flow learns of a server that it can not ask."""
    return ConnectError(f"{wish.stay.place.url}: {error}")
