"""What keeps an asyncio connection usable: open, bind, open again, try again.

1. Only a connection that somebody opened is ever opened again: as the same identity,
   with TLS where there was TLS, and by one task while the others wait.
2. A link is shown to others when it is bound, not before.
3. ``close`` waits for nobody; whoever is opening the connection then gives up.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from ldapom.errors import ConnectionLost, LDAPError, OutcomeUnknown
from ldapom.protocol._credentials import as_credentials
from ldapom.protocol.alink import AsyncLink
from ldapom.protocol.base_connection import BaseConnection
from ldapom.protocol.candidates import Candidates
from ldapom.protocol.flows import bind as binding
from ldapom.protocol.io.aio import in_thread, until
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.retry import MOVES_ON, Tries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ldapom.protocol.asks import Operation
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.servers import Server

R = TypeVar("R")


class AsyncUpkeep(BaseConnection[AsyncLink]):
    """The part of an `AsyncConnection` that opens it, and carries out operations."""

    def _prepare(self) -> None:
        # Made anew when the connection is closed: it may be used in another loop then.
        self._turn = asyncio.Lock()
        self._closing = asyncio.Event()
        self._reaching: asyncio.Task[AsyncLink] | None = None

    # --- open, bind, close -------------------------------------------------------

    async def open(self) -> None:
        """Connect, and start TLS where asked for; nothing is bound.

        Raises:
            ConnectError, TLSError, DeadlineExceeded: And the connection can be
                opened again.
        """
        deadline = self._deadline()
        async with self._my_turn(deadline):
            if not self.is_open:
                await self._establish(None, deadline, keep=True)

    async def bind(self, credentials: Credentials | None = None) -> None:
        """Bind, opening first if need be.

        Args:
            credentials: Instead of the connection's own.

        Raises:
            InvalidCredentials: Name or password is wrong, or the account may not log
                in (``reason``); the connection stays open and is nobody's (RFC 4513 4).
            LocalProtocolError: A secret would travel in clear.
        """
        deadline = self._deadline()
        who = credentials if credentials is not None else self.settings.credentials
        async with self._my_turn(deadline):
            link = self._link
            if link is None or await link.is_lost():
                await self._establish(who, deadline, keep=True)
            else:
                await self._bind_on(link, who, deadline)

    async def rebind(self, credentials: Credentials) -> None:
        """Become somebody else on the open connection; it never opens one.

        Args:
            credentials: Who to be from now on.

        Raises:
            InvalidCredentials: Name or password is wrong; the connection stays open
                and is nobody's (RFC 4511 4.2.1), as ``str(connection)`` says.
            LocalProtocolError: The connection is not open, a search without pages is
                being read, or a secret would travel in clear. No bind was sent, and
                the connection is who it was.

        Of a paged search that is being read, the page that is on its way is waited
        for and kept; the next one is asked for as the new identity.
        """
        credentials, deadline = as_credentials(credentials), self._deadline()
        async with self._my_turn(deadline):
            await self._bind_on(self._live(), credentials, deadline)

    async def start_tls(self) -> None:
        """Make an open clear connection private.

        Raises:
            TLSError: The server refused, or its certificate did not verify; in the
                latter case the connection is closed.
            LocalProtocolError: It is private already, or operations are outstanding.
        """
        deadline = self._deadline()
        link = await self._ready(deadline, sends=True)
        self._clear(link)
        try:
            await link.run_alone(binding.start_tls(link.engine), deadline)
        except BaseException:
            # Opened again by itself, it would be in clear without a word.
            self._stay_closed(link)
            raise

    async def unbind(self) -> None:
        """Say goodbye (RFC 4511 4.3) and close; harmless when closed."""
        links = self._forget()
        self._closing.set()
        if self._reaching is not None:
            self._reaching.cancel()
        self._prepare()
        for link in links:
            await link.close()

    close = unbind

    async def _bind_on(
        self, link: AsyncLink, who: Credentials, deadline: Deadline
    ) -> None:
        """Bind on an open link: nobody is who they were once they bind.

        Until then a bind that is refused leaves everything as it was.
        """
        try:
            policy = await self._log_in(link, who, deadline, begun=self._become_nobody)
        except BaseException:
            # Opened again by itself, it would be nobody's without a word.
            self._stay_closed(link)
            raise
        self._bound, self._policy = who, policy

    async def _log_in(
        self,
        link: AsyncLink,
        who: Credentials,
        deadline: Deadline,
        *,
        begun: Callable[[], None] | None = None,
    ) -> PasswordPolicy | None:
        self._check_login(who, link)
        policy = await link.run_alone(link.bind(who, begun=begun), deadline)
        self._logged_in(who, link)
        return policy

    # --- opening -------------------------------------------------------------------

    def _deadline(self) -> Deadline:
        return Deadline(self.settings.timeout)

    @contextlib.asynccontextmanager
    async def _my_turn(self, deadline: Deadline) -> AsyncIterator[None]:
        """Be the only one who opens or binds."""
        if self._link is not None:
            self._link.check_loop()
        turn, life = self._turn, self._life
        async with until(deadline):
            await turn.acquire()
        try:
            if self._life != life:
                # Who waited for its turn would open again what somebody has closed.
                raise ConnectionLost("the connection was closed meanwhile")
            yield
        finally:
            turn.release()

    async def _establish(
        self,
        who: Credentials | None,
        deadline: Deadline,
        *,
        keep: bool = False,
        private: bool = False,
    ) -> AsyncLink:
        """Open a link to one of the servers, bind, and let it be seen.

        Args:
            who: Whom to bind as; None binds nobody.
            deadline: When to give up.
            keep: A link on which the bind was refused stays, and is nobody's;
                see `_keeps`.
            private: Start TLS in any case: there was TLS.

        Raises:
            ConnectionLost: The connection was closed meanwhile.
        """
        life, given_up = self._life, asyncio.Event()
        # For the thread that looks for a way: nobody waits for it any more.
        deadline.ended = lambda: given_up.is_set() or self._life != life
        work = self._reach(who, deadline, keep=keep, private=private)
        # A task of its own, for `unbind` to end it.
        task = self._reaching = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            given_up.set()
            caller = asyncio.current_task()
            if self._life == life or (caller is not None and caller.cancelling()):
                raise
            raise ConnectionLost("the connection was closed meanwhile") from None
        finally:
            self._reaching = None

    async def _reach(
        self,
        who: Credentials | None,
        deadline: Deadline,
        *,
        keep: bool,
        private: bool,
    ) -> AsyncLink:
        life = self._life
        candidates = Candidates(self.settings, await self._order(deadline), deadline)
        for settings, share in candidates:
            if private and settings.speaks("ldap"):
                settings = evolve(settings, start_tls=True)  # noqa: PLW2901  # for this one
            link = None
            try:
                link = self._opening = await AsyncLink.open(settings, share, self.usage)
                policy = None if who is None else await self._log_in(link, who, share)
            except MOVES_ON as error:
                await self._drop(link)
                candidates.failed(error)
            except BaseException as error:
                if keep and link is not None and self._keeps(error):
                    await self._show(link, None, None, life)
                else:
                    await self._drop(link)
                raise
            else:
                candidates.reached()
                await self._show(link, who, policy, life)
                return link
        raise AssertionError  # Candidates ends with an error

    async def _order(self, deadline: Deadline) -> list[Server]:
        settings = self.settings
        if not settings.asks_dns:
            return settings.order(deadline)
        what = f"asking the DNS for the servers of {settings.where}"
        return await in_thread(lambda: settings.order(deadline), what, deadline)

    async def _show(
        self,
        link: AsyncLink,
        who: Credentials | None,
        policy: PasswordPolicy | None,
        life: int,
    ) -> None:
        try:
            replaced = self._install(link, who, policy, life)
        except LDAPError:
            await link.close()
            raise
        for old in replaced:
            await old.retire()

    async def _drop(self, link: AsyncLink | None) -> None:
        self._opening = None
        if link is not None:
            await link.close()

    # --- opening again -------------------------------------------------------------

    async def _ready(self, deadline: Deadline, *, sends: bool = False) -> AsyncLink:
        """The link for an operation; a lost one is replaced.

        Args:
            deadline: When to give up.
            sends: The operation is not repeated: look whether the server has closed
                the connection meanwhile, before anything is sent.

        Raises:
            LocalProtocolError: Nobody has opened the connection.
        """
        link = self._linked()
        link.check_loop()
        if link.usable and not (sends and await link.is_lost()):
            return link
        async with self._my_turn(deadline):
            link = self._linked()
            return link if link.usable else await self._restore(link, deadline)

    async def _restore(self, lost: AsyncLink, deadline: Deadline) -> AsyncLink:
        self._check_refused()
        try:
            link = await self._establish(self._bound, deadline, private=lost.tls_active)
        except LDAPError as error:
            self._not_restored(error)
            raise
        link.engine.observer.restored(lost.fate)
        return link

    # --- operations ----------------------------------------------------------------

    async def _do(
        self, ask: Operation[AsyncLink, R], timeout: float | None = None
    ) -> R:
        """Carry out an operation, again where that does no harm."""
        deadline = Deadline(timeout or self.settings.timeout)
        tries: Tries | None = None
        life = self._life
        while True:
            link: AsyncLink | None = None
            try:
                link = await self._ready(deadline, sends=not ask.repeats)
                if ask.request is not None:
                    link.check_secrets(ask.request)
                return await link.run(ask.begin_on(link), deadline)
            except (*MOVES_ON, OutcomeUnknown) as error:
                if link is not None:
                    self._move_on(link, error)
                tries = tries or Tries(self.settings.retry, repeats=ask.repeats)
                pause = tries.after(error, sent=link is not None)
                if pause >= deadline.left or self._life != life:
                    raise
                await self._wait(pause)
                if self._life != life:
                    raise

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than until the connection is closed."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closing.wait()

    async def _operate(self, flow: Flow[R], link: AsyncLink | None = None) -> R:
        """Carry out a flow once.

        Args:
            flow: Made for the engine of the link.
            link: The connection's own, when left out.
        """
        return await (link or self._live()).run(flow, self._deadline())
