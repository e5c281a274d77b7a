"""The corpus: recorded octets, each with a twin to read.

``tests/corpus/NAME.ber`` holds octets, ``NAME.txt`` what they are: comment lines that
say where such octets come from, then what ``python -m ldapom.protocol dump`` prints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from ldapom.protocol.__main__ import dump
from ldapom.protocol.codec.deviations import DEVIATIONS, Deviation
from tests.protocol.codec.vectors import VECTORS, octets

CORPUS: Final = Path(__file__).parents[2] / "corpus"
FILES: Final = sorted(CORPUS.glob("*.ber"))

corpus = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
deviations = pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row.name)


def outcomes(chosen: codec.Codec, data: bytes) -> list[object]:
    """Every message of some octets, and how they end."""
    found: list[object] = []
    position = 0
    while position < len(data):
        try:
            step = chosen.decode(data, position)
        except DecodeError as error:
            return [*found, error.field.split(".", 1)[0]]
        if step is None:
            return [*found, None]
        found.append(step)
        position = step[1]
    return found


@corpus
def test_codecs_agree(path: Path) -> None:
    """Both codecs see the same in recorded octets."""
    data = path.read_bytes()
    fast, spec = (outcomes(codec.select(name), data) for name in codec.CODECS)
    assert fast == spec


@corpus
def test_twin(path: Path) -> None:
    """The twin says where the octets come from, and what is in them."""
    lines = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert comments
    assert lines[len(comments) :] == list(dump(path.read_bytes()))


@corpus
def test_octet_by_octet(path: Path) -> None:
    """Recorded octets that come one at a time are judged as when they come at once."""
    data = path.read_bytes()
    whole = outcomes(codec.fast, data)
    arrived = bytearray()
    found: list[object] = []
    position = 0
    for octet in data:
        arrived.append(octet)
        try:
            step = codec.fast.decode(arrived, position)
        except DecodeError as error:
            found.append(error.field.split(".", 1)[0])
            break
        if step is not None:
            found.append(step)
            position = step[1]
    assert found == [outcome for outcome in whole if outcome is not None]


def test_twins_have_octets() -> None:
    """No twin stands alone."""
    assert {path.stem for path in CORPUS.glob("*.txt")} == {path.stem for path in FILES}


@deviations
def test_deviation_is_read(row: Deviation) -> None:
    """Each tolerated deviation has an example, which both codecs read whole."""
    data = (CORPUS / f"deviation-{row.name}.ber").read_bytes()
    for name in codec.CODECS:
        found = outcomes(codec.select(name), data)
        assert found
        assert all(isinstance(step, tuple) for step in found)


def test_no_unlisted_deviation() -> None:
    """No deviation is tolerated that the table does not name."""
    examples = {path.stem for path in FILES if path.stem.startswith("deviation-")}
    assert examples == {f"deviation-{row.name}" for row in DEVIATIONS}


@pytest.mark.parametrize("name", ["long-lengths", "padded-integer", "any-true"])
def test_deviation_is_not_written(name: str) -> None:
    """What was read in a longer form is written in the shortest."""
    data = (CORPUS / f"deviation-{name}.ber").read_bytes()
    found = codec.decode(data)
    assert found is not None
    assert codec.encode(found[0]) != data[: found[1]]
    assert codec.decode(codec.encode(found[0])) == (
        found[0],
        len(codec.encode(found[0])),
    )


@pytest.mark.parametrize(("name", "text"), [(row[0], row[2]) for row in VECTORS])
def test_vectors_are_in_the_corpus(name: str, text: str) -> None:
    """Each known message is a file too, for fuzzers and for other programs."""
    assert (CORPUS / f"{name}.ber").read_bytes() == octets(text)
