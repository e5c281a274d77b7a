"""``python -m ldapom`` is the ``ldapom`` command."""

from __future__ import annotations

from ldapom.cli import main

main()
