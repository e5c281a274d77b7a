"""What a user can get wrong: one clear sentence on standard error, exit code 2.

Rules:

1. A sentence says what happened and names the remedy; there is no traceback.
2. Text from a server or a file is shown with its control characters escaped and is
   never read as markup.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.text import Text

from ldapom import errors
from ldapom.protocol.io.tls_layer import MENDED_ELSEWHERE
from ldapom.schema.codegen.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The exit code of everything that a user can get wrong.
PROBLEM: Final = 2

_Kinds = type[Exception] | tuple[type[Exception], ...]

_REMEDIES: Final[tuple[tuple[_Kinds, str], ...]] = (
    (errors.AuthMethodNotSupported, "use --bind DN and a password instead"),
    (errors.InvalidCredentials, "check the DN given with --bind and its password"),
    (errors.InappropriateAuthentication, "say who you are with --bind DN"),
    (errors.StrongerAuthRequired, "use an ldaps:// URL or --start-tls"),
    (errors.ConfidentialityRequired, "use an ldaps:// URL or --start-tls"),
    (errors.InsufficientAccessRights, "bind as somebody who may, with --bind DN"),
    (errors.DeadlineExceeded, "wait longer with --timeout SECONDS"),
    (errors.ConnectError, "check the URL, and that the server is running"),
    (errors.ConnectionLost, "check that this is the port of an LDAP server"),
    (errors.RemoteProtocolError, "check that this is the port of an LDAP server"),
    (errors.URLSyntaxError, "write it as ldap://host:port or ldaps://host"),
    (errors.LDIFSyntaxError, "mend the file there"),
    (
        (
            errors.InvalidAttributeSyntax,
            errors.ObjectClassViolation,
            errors.UndefinedAttributeType,
        ),
        "check its classes and values; further definitions come with --schema FILE",
    ),
    (FileNotFoundError, "check its name and folder"),
    (IsADirectoryError, "name a file in it"),
    (PermissionError, "check its permissions"),
    (
        errors.LocalProtocolError,
        (
            "on the command line: an ldaps:// URL, --start-tls, or, where the network "
            "itself is safe, --insecure-allow-cleartext"
        ),
    ),
)
#: Reasons that a name or password on the command line may be mended for.
_UNCLEAR: Final = frozenset(
    {errors.Reason.wrong, errors.Reason.no_such_user, errors.Reason.unknown}
)


class Problem(Exception):
    """Something that a user can put right; the text is the sentence to show."""


def console() -> Console:
    """Make the console of standard error, as it is now."""
    return Console(stderr=True, highlight=False)


def safe(text: str) -> str:
    """Show a text of unknown origin on one line, its control characters escaped."""
    return visible(text)


@contextmanager
def reported() -> Iterator[None]:
    """Turn what a user can put right into one sentence and exit code 2."""
    try:
        yield
    except (Problem, errors.LDAPError, OSError, UnicodeError) as error:
        tell(sentence(error))
        raise typer.Exit(PROBLEM) from error


def tell(text: str) -> None:
    """Print the sentence; long lines are left to the terminal to wrap."""
    line = Text.assemble(("ldapom: ", "bold red"), safe(text))
    console().print(line, soft_wrap=True)


def sentence(error: Exception) -> str:
    """Say what happened and what to do about it."""
    if isinstance(error, Problem):
        return str(error)
    if isinstance(error, errors.InvalidCredentials) and error.reason not in _UNCLEAR:
        return str(error)  # The reason, such as a locked account, says what to do.
    remedy = next((text for kind, text in _REMEDIES if isinstance(error, kind)), "")
    if isinstance(error, errors.TLSError):
        remedy = _for_tls(error)
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, errors.LDAPError):
        name = f"{error.filename}: " if error.filename else ""
        text = f"{name}{error.strerror or error}"
    return f"{text}; {remedy}" if remedy else text


def _for_tls(error: errors.TLSError) -> str:
    """Say what helps where TLS does not come about; the error may have said it."""
    cause = error.__cause__
    code = getattr(cause, "verify_code", None)
    if code is not None:
        return "" if code in MENDED_ELSEWHERE else "name its authority's file with --ca"
    if isinstance(cause, errors.ResultError):
        return "use an ldaps:// URL"  # it has refused StartTLS
    return (
        "" if isinstance(cause, FileNotFoundError) else "check that it speaks TLS there"
    )
