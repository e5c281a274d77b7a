"""A server as a child process: free ports, readiness, the log when it fails, the end."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The path of a unix socket has at most 107 octets; runners' own folders may be deeper.
LONGEST_SOCKET_PATH: Final = 100
_LOG_LINES: Final = 40
_BINARIES: Final = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/openldap")


class ServerFailed(Exception):
    """A server did not start, or died; the message ends with its last log lines."""


def new_directory() -> Path:
    """Make a directory for one server, with a path short enough for its sockets."""
    directory = Path(tempfile.mkdtemp(prefix="ldapom-"))
    if len(str(directory / "ldapi")) > LONGEST_SOCKET_PATH:
        directory.rmdir()
        directory = Path(tempfile.mkdtemp(prefix="ldapom-", dir="/tmp"))
    return directory


def free_port() -> int:
    """Return a loopback port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def accepts(port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether something takes connections at a loopback port."""
    with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
        return True
    return False


def find(program: str) -> str | None:
    """Return the path of a program, also where only servers are kept, or nothing."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *_BINARIES))
    return shutil.which(program, path=path)


def first_missing(programs: Mapping[str, str]) -> str | None:
    """Say which program is not there, or nothing.

    Args:
        programs: The Debian package of each program.
    """
    for program, package in programs.items():
        if find(program) is None:
            return f"{program} (Debian: {package}) is not installed"
    return None


def run(
    *command: str,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> str:
    """Run a program to its end and return what it printed.

    Args:
        command: Its name, looked up by `find`, and its arguments.
        text: Its standard input.
        environment: Variables that it gets besides those of this process.
        timeout: Seconds it may take.

    Raises:
        ServerFailed: It is not installed, or failed; with the end of what it said.
    """
    program = find(command[0])
    if program is None:
        raise ServerFailed(f"{command[0]} is not installed")
    done = subprocess.run(
        [program, *command[1:]],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LOG_LINES:])
        raise ServerFailed(f"{command[0]} failed with {done.returncode}:\n{said}")
    return done.stdout


def _tied() -> list[str]:
    """Where the system can: the server ends with us, even when we are killed."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM", "--"] if program else []


@define
class Process:
    """One child process that logs into a file; ended at the latest with the tests."""

    log: Path
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._child is not None and self._child.poll() is None

    def start(
        self,
        command: Sequence[str],
        ready: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the command and wait until it is ready.

        Args:
            command: The program and its arguments.
            ready: Asked again and again, until it says yes.
            environment: Variables that it gets besides those of this process.

        Raises:
            ServerFailed: It died, or was not ready within ten seconds.
        """
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*_tied(), find(command[0]) or command[0], *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )
        atexit.register(self.stop)
        deadline = time.monotonic() + 10
        while not ready():
            if not self.alive:
                raise self.failed("died as it started")
            if time.monotonic() > deadline:
                self.stop()
                raise self.failed("did not answer within 10 seconds")
            time.sleep(0.01)
        if not self.alive:
            raise self.failed("died as it started, and its port belongs to another")

    def stop(self) -> None:
        """End the process, politely first; without one, do nothing."""
        child, self._child = self._child, None
        atexit.unregister(self.stop)
        if child is None:
            return
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def kill(self) -> None:
        """End the process at once, as a crash would; without one, do nothing."""
        child, self._child = self._child, None
        atexit.unregister(self.stop)
        if child is not None:
            child.kill()
            child.wait()

    def failed(self, what: str) -> ServerFailed:
        """Return an error that shows the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return ServerFailed("\n".join([f"the server {what}; its log:", *lines]))


def load(ldif: str, url: str, *options: str) -> None:
    """Add the entries of an LDIF text over the protocol.

    Args:
        ldif: The entries.
        url: The server.
        options: Those of ``ldapadd``: who to be, and more.

    Raises:
        ServerFailed: An entry was refused; the message names it.
    """
    environment = {"LDAPNOINIT": "1"}
    run("ldapadd", *options, "-H", url, text=ldif, environment=environment)
