"""A server that is not installed skips its tests; where servers are required, it fails."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def required() -> bool:
    """Tell whether ``LDAPOM_REQUIRE_SERVERS=1`` makes a missing server a failure."""
    return os.environ.get("LDAPOM_REQUIRE_SERVERS") == "1"


def skip(reason: str) -> NoReturn:
    """Skip the test, or fail it where every server has to be there."""
    if required():
        pytest.fail(f"{reason}, and LDAPOM_REQUIRE_SERVERS=1", pytrace=False)
    pytest.skip(reason)
