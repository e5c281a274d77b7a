"""What generated classes say about themselves."""

from __future__ import annotations

from ldapom.schema.codegen.prose import described


def test_a_very_long_description_is_cut() -> None:
    """Nobody reads a megabyte in a docstring."""
    found = described("RFC2256: " + "word " * 100_000)

    assert len(found) < 1100
    assert found.startswith("Word word")
    assert found.endswith("… (RFC 2256).")
