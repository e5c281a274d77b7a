"""What keeps a blocking connection usable: open, bind, open again, try again.

1. Only a connection that somebody opened is ever opened again: as the same identity,
   with TLS where there was TLS, and by one thread while the others wait.
2. A link is shown to others when it is bound, not before.
3. ``close`` waits for nobody; whoever is opening the connection then gives up.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from ldapom.errors import LDAPError, OutcomeUnknown
from ldapom.protocol._credentials import as_credentials
from ldapom.protocol.base_connection import BaseConnection
from ldapom.protocol.candidates import Candidates
from ldapom.protocol.flows import bind as binding
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.link import Link
from ldapom.protocol.retry import MOVES_ON, Tries

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.asks import Operation
    from ldapom.protocol.credentials import Credentials
    from ldapom.protocol.flows.steps import Flow
    from ldapom.protocol.password_policy import PasswordPolicy
    from ldapom.protocol.pending import Pending

R = TypeVar("R")

#: Seconds between two looks at whether the connection was closed.
_SLICE = 0.25


class Upkeep(BaseConnection[Link]):
    """The part of a `Connection` that opens it, and carries out operations on it."""

    def _prepare(self) -> None:
        # Only the one who has it can release it, which `_take_turn` makes use of.
        self._turn = threading.RLock()
        #: Made by the first who waits; it goes with `_swap`.
        self._closings: threading.Condition | None = None

    # --- open, bind, close -------------------------------------------------------

    def open(self) -> None:
        """Connect, and start TLS where asked for; nothing is bound.

        Raises:
            ConnectError, TLSError, DeadlineExceeded: And the connection can be
                opened again.
        """
        deadline = self._deadline()
        self._take_turn(deadline)
        try:
            if not self.is_open:
                self._establish(None, deadline, keep=True)
        finally:
            self._turn.release()

    def bind(self, credentials: Credentials | None = None) -> None:
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
        self._take_turn(deadline)
        try:
            link = self._link
            if link is None or link.is_lost():
                self._establish(who, deadline, keep=True)
            else:
                self._bind_on(link, who, deadline)
        finally:
            self._turn.release()

    def rebind(self, credentials: Credentials) -> None:
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
        self._take_turn(deadline)
        try:
            self._bind_on(self._live(), credentials, deadline)
        finally:
            self._turn.release()

    def start_tls(self) -> None:
        """Make an open clear connection private.

        Raises:
            TLSError: The server refused, or its certificate did not verify; in the
                latter case the connection is closed.
            LocalProtocolError: It is private already, or operations are outstanding.
        """
        deadline = self._deadline()
        link = self._ready(deadline, sends=True)
        self._clear(link)
        try:
            link.run_alone(binding.start_tls(link.engine), deadline)
        except BaseException:
            # Opened again by itself, it would be in clear without a word.
            self._stay_closed(link)
            raise

    def unbind(self) -> None:
        """Say goodbye (RFC 4511 4.3) and close; harmless when closed."""
        links = self._forget()
        if self._closings is not None:
            with self._closings:
                self._closings.notify_all()
        for link in links:
            link.close()

    close = unbind

    def _bind_on(self, link: Link, who: Credentials, deadline: Deadline) -> None:
        """Bind on an open link: nobody is who they were once they bind.

        Until then a bind that is refused leaves everything as it was.
        """
        try:
            policy = self._log_in(link, who, deadline, begun=self._become_nobody)
        except BaseException:
            # Opened again by itself, it would be nobody's without a word.
            self._stay_closed(link)
            raise
        self._bound, self._policy = who, policy

    def _log_in(
        self,
        link: Link,
        who: Credentials,
        deadline: Deadline,
        *,
        begun: Callable[[], None] | None = None,
    ) -> PasswordPolicy | None:
        self._check_login(who, link)
        policy = link.run_alone(link.bind(who, begun=begun), deadline)
        self._logged_in(who, link)
        return policy

    # --- opening -------------------------------------------------------------------

    def _deadline(self) -> Deadline:
        return Deadline(self.settings.timeout)

    def _take_turn(self, deadline: Deadline) -> None:
        """Be the only one who opens or binds, until `_turn` is released."""
        if self._link is not None:
            self._link.check_process()
        life = self._life
        deadline.ended = lambda: self._life != life
        try:
            if self._turn.acquire(blocking=False):
                return
            while not self._turn.acquire(timeout=min(deadline.pause(), _SLICE)):
                pass
        except BaseException:
            # A signal handler may have raised behind the very call that took it.
            with suppress(RuntimeError):
                self._turn.release()
            raise

    def _establish(
        self,
        who: Credentials | None,
        deadline: Deadline,
        *,
        keep: bool = False,
        private: bool = False,
    ) -> Link:
        """Open a link to one of the servers, bind, and let it be seen.

        Args:
            who: Whom to bind as; None binds nobody.
            deadline: When to give up.
            keep: A link on which the bind was refused stays, and is nobody's;
                see `_keeps`.
            private: Start TLS in any case: there was TLS.
        """
        life = self._life
        candidates = Candidates(self.settings, self.settings.order(deadline), deadline)
        for settings, share in candidates:
            if private and settings.speaks("ldap"):
                settings = evolve(settings, start_tls=True)  # noqa: PLW2901  # for this one
            link = None
            try:
                link = self._opening = Link.open(settings, share, self.usage)
                policy = None if who is None else self._log_in(link, who, share)
            except MOVES_ON as error:
                self._drop(link)
                candidates.failed(error)
            except BaseException as error:
                if keep and link is not None and self._keeps(error):
                    self._show(link, None, None, life)
                else:
                    self._drop(link)
                raise
            else:
                candidates.reached()
                self._show(link, who, policy, life)
                return link
        raise AssertionError  # Candidates ends with an error

    def _show(
        self,
        link: Link,
        who: Credentials | None,
        policy: PasswordPolicy | None,
        life: int,
    ) -> None:
        try:
            replaced = self._install(link, who, policy, life)
        except LDAPError:
            link.close()
            raise
        for old in replaced:
            old.retire()

    def _drop(self, link: Link | None) -> None:
        self._opening = None
        if link is not None:
            link.close()

    # --- opening again -------------------------------------------------------------

    def _ready(self, deadline: Deadline, *, sends: bool = False) -> Link:
        """The link for an operation; a lost one is replaced.

        Args:
            deadline: When to give up.
            sends: The operation is not repeated: look whether the server has closed
                the connection meanwhile, before anything is sent.

        Raises:
            LocalProtocolError: Nobody has opened the connection.
        """
        link = self._linked()
        link.check_process()
        if sends:
            link.look()
        if link.usable:
            return link
        self._take_turn(deadline)
        try:
            link = self._linked()
            return link if link.usable else self._restore(link, deadline)
        finally:
            self._turn.release()

    def _restore(self, lost: Link, deadline: Deadline) -> Link:
        self._check_refused()
        try:
            link = self._establish(self._bound, deadline, private=lost.tls_active)
        except LDAPError as error:
            self._not_restored(error)
            raise
        link.engine.observer.restored(lost.fate)
        return link

    # --- operations ----------------------------------------------------------------

    def _do(self, ask: Operation[Link, R], timeout: float | None = None) -> R:
        """Carry out an operation, again where that does no harm."""
        deadline = Deadline(timeout or self.settings.timeout)
        tries: Tries | None = None
        life = self._life
        while True:
            link: Link | None = None
            try:
                link = self._ready(deadline, sends=not ask.repeats)
                if ask.request is not None:
                    link.check_secrets(ask.request)
                return link.run(ask.begin_on(link), deadline)
            except (*MOVES_ON, OutcomeUnknown) as error:
                if link is not None:
                    self._move_on(link, error)
                tries = tries or Tries(self.settings.retry, repeats=ask.repeats)
                pause = tries.after(error, sent=link is not None)
                if pause >= deadline.left or self._life != life:
                    raise
                self._wait(pause)
                if self._life != life:
                    raise

    def _begin(
        self, ask: Operation[Link, R], deadline: Deadline
    ) -> tuple[Link, Pending[R]]:
        """Send an operation, again where it could not be sent at all."""
        tries: Tries | None = None
        life = self._life
        while True:
            link: Link | None = None
            try:
                link = self._ready(deadline, sends=True)
                if ask.request is not None:
                    link.check_secrets(ask.request)
                return link, link.begin(ask.begin_on(link), deadline)
            except MOVES_ON as error:
                tries = tries or Tries(self.settings.retry, repeats=ask.repeats)
                pause = tries.after(error, sent=link is not None)
                if pause >= deadline.left or self._life != life:
                    raise
                self._wait(pause)
                if self._life != life:
                    raise

    def _wait(self, seconds: float) -> None:
        """Wait, but not longer than until the connection is closed."""
        life = self._life
        if seconds:
            with self._swap:
                if self._closings is None:
                    self._closings = threading.Condition(self._swap)
                self._closings.wait_for(lambda: self._life != life, seconds)

    def _operate(self, flow: Flow[R], link: Link | None = None) -> R:
        """Carry out a flow once.

        Args:
            flow: Made for the engine of the link.
            link: The connection's own, when left out.
        """
        return (link or self._live()).run(flow, self._deadline())
