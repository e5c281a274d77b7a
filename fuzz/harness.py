"""Runs one fuzz target: with atheris where it is installed, else with mutated seeds.

A target takes bytes and may raise only what its file lists; anything else is a
finding, and the input that caused it is printed. Without atheris the inputs come
from a generator with a fixed seed, so two runs try the same ones::

    python fuzz/fuzz_dn.py               a few thousand inputs (or atheris, no end)
    python fuzz/fuzz_dn.py -runs=100000
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HERE = Path(__file__).resolve().parent
_HAS_ATHERIS = importlib.util.find_spec("atheris") is not None

# Targets import this module before the package, so a checkout is enough, and what
# they import from here on tells atheris which branches an input took.
if importlib.util.find_spec("ldapom") is None:
    sys.path.insert(0, str(_HERE.parent))
if _HAS_ATHERIS and Path(sys.argv[0]).resolve().parent == _HERE:
    importlib.import_module("atheris").instrument_imports(["ldapom"]).__enter__()

DEFAULT_RUNS = 5000
RANDOM_SEED = 4515
#: Longest input that mutation may grow to, in octets.
MAX_LENGTH = 4096


def run(
    target: Callable[[bytes], None],
    allowed: tuple[type[BaseException], ...],
    seeds: Sequence[bytes],
) -> None:
    """Feed inputs to a target until one raises what it must not.

    Args:
        target: Called with one input at a time.
        allowed: The exceptions that say "this input is refused".
        seeds: Inputs to start from; each one is tried as it is first.
    """

    def one(data: bytes) -> None:
        try:
            target(data)
        except allowed:
            pass
        except BaseException:
            print(f"input: {data!r}", file=sys.stderr)
            raise

    if _HAS_ATHERIS:
        for seed in seeds:
            one(seed)
        _run_atheris(one, seeds)
        return
    runs = _runs(sys.argv[1:])
    for data in _inputs(seeds, runs):
        one(data)
    print(f"{runs} inputs, nothing found")


def _run_atheris(one: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
    """Hand over to libFuzzer, which ends the process itself.

    What it finds worth keeping stays in ``fuzz/.corpus``, beside the seeds.
    """
    atheris = importlib.import_module("atheris")
    corpus = _HERE / ".corpus" / Path(sys.argv[0]).stem
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus.parent / ".gitignore").write_text("*\n")
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], one)
    atheris.Fuzz()


def _runs(arguments: Sequence[str]) -> int:
    """The ``-runs=N`` of libFuzzer; its other options mean nothing here."""
    for argument in arguments:
        if argument.startswith("-runs="):
            return int(argument.removeprefix("-runs="))
    return DEFAULT_RUNS


def _inputs(seeds: Sequence[bytes], runs: int) -> Iterator[bytes]:
    generator = random.Random(RANDOM_SEED)  # noqa: S311  # no secrets
    pool = [*seeds, b""]
    for number in range(runs):
        if number < len(pool):
            yield pool[number]
            continue
        data = generator.choice(pool)
        for _ in range(generator.randint(1, 8)):
            data = generator.choice(_MUTATIONS)(generator, data, pool)
        yield data[:MAX_LENGTH]


def _insert(generator: random.Random, data: bytes, _pool: Sequence[bytes]) -> bytes:
    at = generator.randint(0, len(data))
    return data[:at] + generator.randbytes(generator.randint(1, 4)) + data[at:]


def _remove(generator: random.Random, data: bytes, _pool: Sequence[bytes]) -> bytes:
    at = generator.randint(0, len(data))
    return data[:at] + data[at + generator.randint(1, 4) :]


def _flip(generator: random.Random, data: bytes, _pool: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = generator.randrange(len(data))
    changed = data[at] ^ (1 << generator.randrange(8))
    return data[:at] + bytes((changed,)) + data[at + 1 :]


def _repeat(generator: random.Random, data: bytes, _pool: Sequence[bytes]) -> bytes:
    start = generator.randint(0, len(data))
    end = generator.randint(start, len(data))
    return data[:end] + data[start:end] * generator.randint(1, 50) + data[end:]


def _splice(generator: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    other = generator.choice(pool)
    at = generator.randint(0, len(data))
    start = generator.randint(0, len(other))
    return data[:at] + other[start:] + data[at:]


_MUTATIONS = (_insert, _remove, _flip, _repeat, _splice)
