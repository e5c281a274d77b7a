"""Schemas kept on disk: believed only while everything about the file is right."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from ldapom.schema import Schema, SchemaCache

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.schema.cache import Slot

SCHEMA = Schema.parse(attribute_types=["( 1.2 NAME 'cn' SYNTAX 1.3 )", "( broken"])


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    """The place of a server's schema, in a folder that is not there yet."""
    return SchemaCache(tmp_path / "deep" / "cache").slot("ldap://h:389 anonymous")


def test_kept_and_found(slot: Slot) -> None:
    """With the same stamp the same schema comes back, problems and all."""
    assert slot.load("one") is None
    assert slot.save("one", SCHEMA)

    found = slot.load("one")

    assert found is not None
    assert found.fingerprint == SCHEMA.fingerprint
    assert found.problems == SCHEMA.problems


def test_another_stamp(slot: Slot) -> None:
    """A server whose schema changed has another stamp, and only that counts."""
    slot.save("one", SCHEMA)
    assert slot.load("two") is None
    slot.save("two", SCHEMA)
    assert slot.load("one") is None
    assert slot.load("two") is not None


def test_no_stamp_no_cache(slot: Slot) -> None:
    """A server that does not say when its schema changed is read each time."""
    assert not slot.save("", SCHEMA)
    assert slot.load("") is None
    assert not slot.path.exists()


def test_servers_and_identities_differ(tmp_path: Path) -> None:
    """Each has its own place."""
    cache = SchemaCache(tmp_path)
    cache.slot("ldap://a nobody").save("s", SCHEMA)

    assert cache.slot("ldap://b nobody").load("s") is None
    assert cache.slot("ldap://a somebody").load("s") is None


def test_permissions(slot: Slot) -> None:
    """Nobody else may read or write it."""
    slot.save("one", SCHEMA)

    assert stat.S_IMODE(slot.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(slot.path.parent.stat().st_mode) == 0o700
    assert [p.name for p in slot.path.parent.iterdir()] == [slot.path.name]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"'cn'", b"'sn'"))


def _noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _writable(path: Path) -> None:
    path.chmod(0o620)


def _link(path: Path) -> None:
    other = path.with_suffix(".other")
    path.rename(other)
    path.symlink_to(other)


def _old(path: Path) -> None:
    os.utime(path, (0, 0))


def _from_the_future(path: Path) -> None:
    os.utime(path, (2**33, 2**33))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)  # nobody writes into it: to open it would be to wait for ever


@pytest.mark.parametrize(
    "damage",
    [
        *(_cut, _changed, _noise, _empty, _writable, _link),
        *(_old, _from_the_future, _folder, _pipe),
    ],
)
def test_what_is_not_right_is_ignored(slot: Slot, damage: object) -> None:
    """And written anew, where that is possible."""
    slot.save("one", SCHEMA)
    assert callable(damage)
    damage(slot.path)

    assert slot.load("one") is None
    if slot.save("one", SCHEMA):
        assert slot.load("one") is not None
    else:
        assert slot.path.is_dir()


def test_a_schema_that_does_not_read(slot: Slot) -> None:
    """A file with a right digest over something that is no schema is ignored."""
    slot.save("one", Schema.empty())

    assert slot.load("one") is None


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A cache that can not be written makes nothing fail."""
    (tmp_path / "file").write_text("x")
    slot = SchemaCache(tmp_path / "file" / "cache").slot("s")

    assert not slot.save("one", SCHEMA)
    assert slot.load("one") is None


def test_max_age(tmp_path: Path) -> None:
    """However the stamp looks, a schema is read again some day."""
    slot = SchemaCache(tmp_path, max_age=3600).slot("s")
    slot.save("one", SCHEMA)
    assert slot.load("one") is not None
    then = slot.path.stat().st_mtime - 3700
    os.utime(slot.path, (then, then))
    assert slot.load("one") is None


def test_clear(slot: Slot) -> None:
    """All schemas of a cache can be forgotten."""
    slot.save("one", SCHEMA)
    SchemaCache(slot.path.parent).clear()

    assert not list(slot.path.parent.iterdir())
