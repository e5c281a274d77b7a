"""What the runner itself promises: right lines pass, wrong lines are expected errors."""

from typing import assert_type


def double(number: int) -> int:
    return number * 2


assert_type(double(2), int)
assert_type(double(2), str)  # E: mypy assert-type; pyright reportAssertTypeFailure
double("2")  # E: mypy arg-type; pyright reportArgumentType
double()  # E: mypy call-arg; pyright reportCallIssue
double(2).bit_lenght()  # E: mypy attr-defined; pyright reportAttributeAccessIssue


def untyped(x):  # E: mypy no-untyped-def
    return x
