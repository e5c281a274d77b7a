"""What type checkers make of ldapom, line by line.

1. A file in ``tests/typing`` says what must be inferred by ``assert_type``.
2. A line that must be refused ends in the checkers and their codes::

       User.query(uidd="x")  # E: mypy call-arg; pyright reportCallIssue

   Several codes of one checker stand side by side: ``mypy arg-type call-arg``.
3. Every other line must be clean. One run of mypy and one of pyright for all files.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest

from tests.architecture import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CASES: Final = ROOT / "tests" / "typing"
Findings = dict[tuple[str, int], set[str]]
_EXPECTED: Final = re.compile(r"#\s*E:\s*(.+)$")
_MYPY_LINE: Final = re.compile(r"^(.+?):(\d+): error: (.*?)(?:  \[([\w-]+)\])?$")


def files() -> list[Path]:
    """Return the files of cases."""
    return sorted(CASES.glob("*.py"))


def expected(checker: str, paths: list[Path]) -> Findings:
    """Read from the comments which codes a checker has to give on which line."""
    found: Findings = defaultdict(set)
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for part in comment_parts(line):
                name, *codes = part.split()
                if name == checker:
                    found[path.name, number].update(codes)
    return dict(found)


def comment_parts(line: str) -> list[str]:
    """Return the checkers' parts of an expected-error comment.

    Raises:
        ValueError: A part names no checker, or no code.
    """
    comment = _EXPECTED.search(line)
    parts = [part.strip() for part in comment[1].split(";")] if comment else []
    for part in parts:
        if not re.fullmatch(r"(mypy|pyright)( [\w-]+)+", part):
            raise ValueError(f"{part!r} in {line.strip()!r}: write '# E: mypy CODE'")
    return parts


def run(command: list[str]) -> str:
    """Run a checker and return what it prints; status 1 means that it found errors."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def mypy_findings(paths: list[Path]) -> tuple[Findings, list[str]]:
    """Run ``mypy --strict``; return codes by line, and the messages."""
    options = ["--strict", "--no-pretty", "--show-error-codes", "--no-error-summary"]
    names = [str(path.relative_to(ROOT)) for path in paths]
    found: Findings = defaultdict(set)
    messages = []
    for line in run([sys.executable, "-m", "mypy", *options, *names]).splitlines():
        match = _MYPY_LINE.match(line)
        if match:
            messages.append(line)
            found[match[1].rpartition("/")[2], int(match[2])].add(match[4] or "?")
    return dict(found), messages


def pyright_findings(paths: list[Path], folder: Path) -> tuple[Findings, list[str]]:
    """Run pyright in standard mode; return codes by line, and the messages."""
    # In a folder of their own: the project's settings leave the cases out.
    for path in paths:
        shutil.copy(path, folder)
    config = folder / "pyrightconfig.json"
    settings = {
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "standard",
        "pythonVersion": "3.11",
    }
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson"]
    answer = run([*command, "--pythonpath", sys.executable, "-p", str(config)])
    report = json.loads(answer)
    assert report["summary"]["filesAnalyzed"] == len(paths)
    found: Findings = defaultdict(set)
    messages = []
    for entry in report["generalDiagnostics"]:
        if entry["severity"] != "error":
            continue
        name, line = entry["file"], entry["range"]["start"]["line"] + 1
        messages.append(f"{name}:{line}: {entry['message']}")
        found[name.rpartition("/")[2], line].add(entry.get("rule", "?"))
    return dict(found), messages


def differences(wanted: Findings, found: Findings) -> list[str]:
    """List the lines where a checker said something else than the comment."""
    return [
        f"{name}:{line}: expected {sorted(wanted.get((name, line), ()))}, "
        f"got {sorted(found.get((name, line), ()))}"
        for name, line in sorted(wanted.keys() | found.keys())
        if wanted.get((name, line)) != found.get((name, line))
    ]


@pytest.mark.slow
def test_mypy() -> None:
    """Mypy in strict mode infers what is asserted and refuses what must be refused."""
    found, messages = mypy_findings(files())
    wrong = differences(expected("mypy", files()), found)
    assert not wrong, "\n".join([*wrong, "", *messages])


@pytest.mark.slow
def test_pyright(tmp_path: Path) -> None:
    """Pyright infers what is asserted and refuses what must be refused."""
    found, messages = pyright_findings(files(), tmp_path)
    wrong = differences(expected("pyright", files()), found)
    assert not wrong, "\n".join([*wrong, "", *messages])


def test_differences_go_both_ways() -> None:
    """An error nobody expected is reported, and so is an expected one that is gone."""
    wanted: Findings = {("a.py", 1): {"call-arg"}, ("a.py", 2): {"misc"}}
    found: Findings = {("a.py", 1): {"arg-type"}, ("a.py", 3): {"misc"}}
    assert len(differences(wanted, found)) == 3
    assert not differences(wanted, dict(wanted))


def test_comments_are_read() -> None:
    """A comment names checkers and codes; a slip in it is an error, not silence."""
    line = "f()  # E: mypy arg-type call-arg; pyright reportCallIssue"
    assert comment_parts(line) == ["mypy arg-type call-arg", "pyright reportCallIssue"]
    assert comment_parts("f()  # Every one") == []
    with pytest.raises(ValueError, match="mipy"):
        comment_parts("f()  # E: mipy arg-type")
    with pytest.raises(ValueError, match="pyright"):
        comment_parts("f()  # E: pyright")
