"""A conversation that was begun, and is carried on by whoever wants its end."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from ldapom.errors import DeadlineExceeded, LDAPError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.flows.steps import Flow, Wish
    from ldapom.protocol.io.deadline import Deadline
    from ldapom.protocol.io.driver import Driver

R = TypeVar("R")


class Pending(Generic[R]):
    """A flow that was begun on a link; whoever wants its result drives it on.

    Args:
        driver: The link's.
        flow: The flow.
        wish: What it waits for.
        deadline: When the operation gives up.

    Attributes:
        lock: Held by the one who drives it.
        finished: Whether `result` or `error` is there.
    """

    def __init__(
        self, driver: Driver, flow: Flow[R], wish: Wish, deadline: Deadline
    ) -> None:
        self.lock = threading.Lock()
        self.finished = False
        self.result: R | None = None
        self.error: LDAPError | None = None
        self._driver = driver
        self._flow = flow
        self._wish = wish
        self.deadline = deadline

    def settle(self, limit: Deadline) -> None:
        """Wait until it is finished.

        Raises:
            DeadlineExceeded: It was not; it goes on all the same.
        """
        if not self.lock.acquire(timeout=limit.pause()):
            raise limit.exceeded()
        try:
            self.advance(limit)
        finally:
            self.lock.release()

    def advance(self, limit: Deadline) -> None:
        """The same for who holds the lock."""
        while not self.finished:
            last = self.deadline.at <= limit.at
            try:
                answer = self._driver.grant(
                    self._wish, self.deadline if last else limit
                )
            except DeadlineExceeded as error:
                if not last:
                    raise
                self._go_on(partial(self._flow.throw, error))
            except LDAPError as error:
                self._go_on(partial(self._flow.throw, error))
            else:
                self._go_on(partial(self._flow.send, answer))

    def _go_on(self, step: Callable[[], Wish]) -> None:
        try:
            with self._driver.lock:
                self._wish = step()
        except StopIteration as stop:
            self.result, self.finished = stop.value, True
        except LDAPError as error:
            self.error, self.finished = error, True
        except BaseException:
            self._driver.interrupted(self._flow)
            raise
        if self.finished:
            self._driver.part()

    def leave(self) -> None:
        """Give it up; the server is told with what is sent next."""
        self.finished = True
        with self._driver.lock:
            self._flow.close()
