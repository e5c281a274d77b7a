"""A server that is not installed skips its tests; where servers are required, it fails."""

from __future__ import annotations

import importlib.util
import os
from typing import NoReturn


def required() -> bool:
    """Tell whether ``LDAPOM_REQUIRE_SERVERS=1`` makes a missing server a failure."""
    return os.environ.get("LDAPOM_REQUIRE_SERVERS") == "1"


def need(module: str) -> None:
    """Skip or fail, as `skip`, where an optional package is not installed."""
    if importlib.util.find_spec(module) is None:
        skip(f"the package {module} is not installed")


def skip_if(reason: str | None) -> None:
    """Skip or fail, as `skip`, where something stands in the way."""
    if reason:
        skip(reason)


def skip(reason: str) -> NoReturn:
    """Skip the test, or fail it where every server has to be there."""
    # The benchmarks start servers too, and have no pytest.
    import pytest

    if required():
        pytest.fail(f"{reason}, and LDAPOM_REQUIRE_SERVERS=1", pytrace=False)
    pytest.skip(reason)
