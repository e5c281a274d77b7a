"""What a process holds, that nothing stays behind, and how busy the machine is."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES: Final = Path("/proc/self/fd")
#: Seconds that what is left behind on purpose, such as a resolver, has to end.
_GRACE: Final = 3.0


def sockets() -> list[str]:
    """The sockets that this process has open; empty where that is not known."""
    found = []
    with contextlib.suppress(OSError):
        for name in os.listdir(_FILES):  # noqa: PTH208  # names, in one call
            with contextlib.suppress(OSError):
                target = os.readlink(_FILES / name)  # noqa: PTH115  # it is no path
                if target.startswith("socket:"):
                    found.append(target)
    return sorted(found)


def threads() -> set[threading.Thread]:
    """The threads that run."""
    return {thread for thread in threading.enumerate() if thread.is_alive()}


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """Check that neither sockets nor threads are more when the block is left."""
    gc.collect()
    files, running = sockets(), threads()
    yield
    gc.collect()
    end = time.monotonic() + _GRACE
    while time.monotonic() < end:
        if len(sockets()) <= len(files) and threads() <= running:
            break
        time.sleep(0.02)
    assert len(sockets()) <= len(files), f"sockets left open: {sockets()}, were {files}"
    assert threads() <= running, f"threads left running: {threads() - running}"


def resident() -> int:
    """How much memory the process has, in octets; 0 where that is not known."""
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def slack(seconds: float) -> float:
    """How late something may be on a machine that has more to do than it can.

    Args:
        seconds: How late it may be where it has not.
    """
    with contextlib.suppress(AttributeError, OSError):  # Windows does not tell
        return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    return seconds
