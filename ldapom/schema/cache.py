"""Schemas kept on disk between runs, each with the stamp its server gave it.

1. A kept schema counts only while the server gives the same stamp, and for at most
   ``max_age``: OpenLDAP's stamp says when the server started, not when its schema
   was changed last.
2. A file is believed only if it is ours alone, whole, and what its own digest says;
   any other is ignored and written anew.
3. Files are written beside their place and moved there, readable by their owner only.
   Where that fails the schema is read from the server again next time: a cache that
   can not be written makes nothing fail.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.errors import LDIFSyntaxError, SchemaError

if TYPE_CHECKING:
    from ldapom.schema.registry import Schema

#: A day.
_MAX_AGE: Final = 86_400.0
#: The largest file that is looked at; Active Directory's schema has 1.2 MB.
_MAX_SIZE: Final = 64 * 1024 * 1024
#: What the first line of a file says; another format gets another number.
_FORMAT: Final = "# ldapom schema 1"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
#: No link is followed, and no pipe waited for that somebody has put there.
_READ: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK")
)


def _folder(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser()


@frozen
class SchemaCache:
    """A folder that keeps the schemas of servers.

    Args:
        directory: Where; made with mode 0700 when the first schema is kept.
        max_age: Seconds after which a schema is read again whatever the stamp says.
    """

    directory: Path = field(converter=_folder)
    max_age: float = field(default=_MAX_AGE, kw_only=True)

    def slot(self, server: str) -> Slot:
        """Give the place of one server's schema.

        Args:
            server: What tells it from all others, and who asks: identities may see
                different parts of a schema.
        """
        name = hashlib.sha256(server.encode("utf-8", "backslashreplace")).hexdigest()
        return Slot(self.directory / f"{name[:32]}.ldif", self.max_age)

    def clear(self) -> None:
        """Forget all schemas.

        Raises:
            OSError: A file can not be removed.
        """
        for path in self.directory.glob("*.ldif"):
            path.unlink()


@frozen
class Slot:
    """The place of one schema.

    Args:
        path: The file.
        max_age: Seconds after which it is no longer believed.
    """

    path: Path
    max_age: float

    def load(self, stamp: str) -> Schema | None:
        """Give the schema that was kept with this stamp.

        Args:
            stamp: What the server says of its schema's state; empty for nothing.

        Returns:
            The schema; None where there is none, or none that can be believed.
        """
        from ldapom.schema.registry import Schema

        try:
            content = self._content() if stamp else None
        except OSError:
            return None
        if content is None:
            return None
        head, _, body = content.partition(b"\n\n")
        if head != _head(stamp, body):
            return None
        try:
            return Schema.from_ldif(io.BytesIO(body))
        except (SchemaError, LDIFSyntaxError):
            return None

    def save(self, stamp: str, schema: Schema) -> bool:
        """Keep a schema.

        Args:
            stamp: What the server says of its state; empty keeps nothing.
            schema: The schema, read while the server said so.

        Returns:
            Whether it was kept.
        """
        if not stamp:
            return False
        body = schema.to_ldif().encode()
        try:
            self._write(_head(stamp, body) + b"\n\n" + body)
        except OSError:
            return False
        return True

    def _content(self) -> bytes | None:
        """Read the file, unless it is too old, too large or not ours alone."""
        with os.fdopen(os.open(self.path, _READ), "rb") as file:
            found = os.fstat(file.fileno())
            # A time in the future is no reason to believe it for ever.
            age = abs(time.time() - found.st_mtime)
            if not _is_ours(found) or age > self.max_age or found.st_size > _MAX_SIZE:
                return None
            return file.read(_MAX_SIZE)

    def _write(self, content: bytes) -> None:
        import tempfile  # brings much, and schemas are written seldom

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes files of mode 0600.
        handle, name = tempfile.mkstemp(prefix=".", dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _is_ours(found: os.stat_result) -> bool:
    """Whether it is a file that nobody else could have written."""
    if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS_WRITE:
        return False
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _head(stamp: str, body: bytes) -> bytes:
    """Write the lines above the schema: format, stamp, digest; LDIF comments."""
    digest = hashlib.sha256(stamp.encode("utf-8", "backslashreplace") + b"\n" + body)
    lines = (_FORMAT, f"# stamp {stamp!a}", f"# sha256 {digest.hexdigest()}")
    return "\n".join(lines).encode()
