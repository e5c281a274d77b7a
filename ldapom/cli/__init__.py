"""The ``ldapom`` command: models from a live schema, and a directory to try them on."""

from __future__ import annotations

import sys

_NEEDED = ("typer", "rich")
#: What a shell reports for a command that Ctrl-C ended.
_INTERRUPTED = 130


def main() -> None:
    """Run the command.

    Raises:
        SystemExit: Always; 0 is success, 1 a difference found by ``--check`` or
            nothing found by ``--search``, 2 a problem that one sentence on standard
            error has named, 130 Ctrl-C.
    """
    try:
        from ldapom.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        sys.stderr.write(
            f"ldapom: the command needs {error.name}, which is not installed; in a "
            "checkout of ldapom run: pip install '.[cli]'\n"
        )
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    app(prog_name="ldapom")
