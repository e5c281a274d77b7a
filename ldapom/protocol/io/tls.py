"""TLS settings as a value; verified unless told otherwise, in so many words.

What is empty or goes with nothing is an error: a setting that came to nothing on its
way here, such as an environment variable, weakens nothing in silence.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from ldapom._given import flags
from ldapom.errors import TLSError
from ldapom.secrets import hidden

if TYPE_CHECKING:
    from pathlib import Path

#: Which state of a file was read: its number, length and time of change.
_Stamp: TypeAlias = "tuple[int, int, int] | None"


def _hide(value: str | None) -> str:
    return "None" if value is None else hidden(value)


@frozen
class Tls:
    """What TLS trusts and shows.

    Args:
        ca_file: PEM file of the authorities to trust *instead of* the system's.
        client_cert: PEM file of the certificate to show, with its chain.
        client_key: PEM file of its key, when that is a file of its own.
        client_key_password: The password of that key.
        verify: False accepts any server, and so any man in the middle.

    Raises:
        TypeError: ``verify`` is neither True nor False.
        ValueError: A file has no name, or there is a key and no certificate.
    """

    ca_file: str | Path | None = None
    client_cert: str | Path | None = None
    client_key: str | Path | None = None
    client_key_password: str | None = field(default=None, repr=_hide)
    # What is merely false, such as None, was not meant as a word for "no".
    verify: bool = field(default=True, validator=flags)

    def __attrs_post_init__(self) -> None:
        for name in ("ca_file", "client_cert", "client_key"):
            if getattr(self, name) == "":
                raise ValueError(f"Tls: {name} is empty; name a file, or leave it out")
        has_key = self.client_key is not None or self.client_key_password is not None
        if has_key and self.client_cert is None:
            raise ValueError("Tls: a client_key goes with a client_cert; name it too")

    def context(self) -> ssl.SSLContext:
        """Make the `ssl.SSLContext` of these settings.

        Raises:
            TLSError: A file can not be read or holds something else.
        """
        path: object = self.ca_file
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if not self.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.client_cert is not None:
                path = self.client_cert
                context.load_cert_chain(
                    self.client_cert, self.client_key, self.client_key_password or ""
                )
        except (OSError, ValueError) as error:
            raise TLSError(f"TLS settings: {path}: {error}") from error
        return context


def shared_context(tls: Tls) -> ssl.SSLContext:
    """The context of settings, the same one for all until one of their files changes.

    Reading the authorities of the system takes 20 ms, and a handshake 2. Nobody else
    may have it: who has a context can change it.

    Raises:
        TLSError: A file can not be read or holds something else.
    """
    return _context(tls, tuple(map(_stamp, _files(tls))))


@lru_cache(maxsize=16)
def _context(tls: Tls, _: tuple[_Stamp, ...]) -> ssl.SSLContext:
    return tls.context()


def _files(tls: Tls) -> list[str | Path | None]:
    trusted: list[str | Path | None] = [tls.ca_file]
    if tls.ca_file is None:
        of_system = ssl.get_default_verify_paths()
        trusted = [of_system.cafile, of_system.capath]
    return [*trusted, tls.client_cert, tls.client_key]


def _stamp(path: str | Path | None) -> _Stamp:
    if path is None:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116  # a `Path` would take longer than the call
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
