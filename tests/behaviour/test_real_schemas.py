"""The schemas that real servers show: read whole, generated whole, and used."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ldapom import Connection, NotLoaded, ReadOnlyEntry, Session, Simple, Wire
from ldapom.schema import ActiveAttribute, ActiveClass, Schema, SchemaCache
from tests.schema.codegen.support import asks, generated, imported, mypy, pyright
from tests.servers.samba import ADMIN_PASSWORD, BASE

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.servers.samba import Samba
    from tests.servers.targets import Server

ADMIN = Simple("Administrator@samba.test", ADMIN_PASSWORD)
PEOPLE = f"OU=models,{BASE}"

pytestmark = pytest.mark.real_server


@pytest.fixture
def ad(samba: Samba) -> Schema:
    """The schema of an Active Directory domain."""
    with Connection(samba.url, ADMIN) as connection:
        return connection.schema


@pytest.fixture
def models(ad: Schema) -> ModuleType:
    """An application's classes for it."""
    asked = asks(
        f"User=user@{PEOPLE}:cn", f"Group=group@{PEOPLE}", "Unit=organizationalUnit"
    )
    return imported(generated(ad, asked))


def unread(schema: Schema) -> list[str]:
    """What could not be read of it."""
    return [str(p) for p in schema.problems if p.position is not None]


def test_active_directory(ad: Schema) -> None:
    """Every definition is there, with what only the schema entries say."""
    assert unread(ad) == []
    assert len(ad.attribute_types) > 1400
    assert len(ad.object_classes) > 260
    assert len(ad.dit_content_rules) > 5
    groups = ActiveAttribute.of(ad.attribute_types["memberOf"])
    token = ActiveAttribute.of(ad.attribute_types["tokenGroups"])
    assert groups is not None
    assert groups.is_back_link
    assert token is not None
    assert (token.constructed, token.syntax) == (True, "2.5.5.17")
    user = ActiveClass.of(ad.object_classes["user"])
    assert user is not None
    assert "securityPrincipal" in user.auxiliary


def test_models_of_active_directory(samba: Samba, models: Any) -> None:
    """Entries are made without what the server fills, found, changed and deleted."""
    with Session(samba.url, ADMIN) as session:
        session.add(models.Unit(ou=["models"], dn=PEOPLE))
        session.commit()
        session.add(models.User(cn="Ann", sAMAccountName="ann", mail="ann@samba.test"))
        session.add(models.Group(cn="crew"))
        session.commit()
        ann = session.query(models.User, sAMAccountName="ann").one()
        crew = session.query(models.Group, cn="crew").one()
        ann.title = "Boss"
        crew.member.append(ann.dn)
        session.commit()
    with Session(samba.url, ADMIN) as session:
        ann = session.query(models.User, cn="Ann").one()
        assert (ann.title, ann.mail) == ("Boss", "ann@samba.test")
        assert ann.memberOf == [crew.dn]
        assert str(ann.objectSid).startswith("S-1-5-21-")
        with pytest.raises(ReadOnlyEntry):
            ann.memberOf = []
        with pytest.raises(NotLoaded, match=r"only where it is asked for by name"):
            ann.tokenGroups  # reading is what fails
        query = session.query(models.User).base(ann.dn).scope("base")
        assert query.only("tokenGroups").one().tokenGroups
        for entry in [ann, session.query(models.Group, cn="crew").one()]:
            session.delete(entry)
        session.commit()
        session.delete(session.get(models.Unit, PEOPLE))
        session.commit()


@pytest.mark.slow
def test_all_of_active_directory_type_checks(ad: Schema, tmp_path: Path) -> None:
    """1,500 attributes and 264 classes: made, imported and checked within a minute."""
    folder = tmp_path / "whole"
    folder.mkdir()
    start = time.monotonic()
    code = generated(ad, asks(everything=True))
    imported(code)
    (folder / "models.py").write_text(code)

    for checker in (mypy, pyright):
        done = checker(folder)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-500:]

    assert time.monotonic() - start < 60


def test_the_cache_notices_a_change(samba: Samba, tmp_path: Path) -> None:
    """The schema comes from disk until an attribute is added to it."""
    name = f"zz{time.time_ns()}"
    wire = Wire(schema_cache=SchemaCache(tmp_path))

    def schema() -> Schema:
        with Connection(samba.url, ADMIN, wire=wire) as connection:
            return connection.schema

    first = schema()
    assert schema().fingerprint == first.fingerprint
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    schema()
    assert kept.stat().st_mtime_ns == before
    with Connection(samba.url, ADMIN) as connection:
        connection.add(
            f"CN={name},CN=Schema,CN=Configuration,{BASE}",
            {
                "objectClass": "attributeSchema",
                "attributeID": f"1.3.6.1.4.1.99999.{time.time_ns() % 10**9}",
                "lDAPDisplayName": name,
                "attributeSyntax": "2.5.5.12",
                "oMSyntax": "64",
                "isSingleValued": "TRUE",
            },
        )
    assert name in schema().attribute_types


@pytest.mark.parametrize("which", ["slapd_server", "ds389_server"])
def test_other_servers(which: str, request: pytest.FixtureRequest) -> None:
    """Everything that they show reads, generates and imports."""
    server: Server = request.getfixturevalue(which)
    with server.connection() as connection:
        schema = connection.schema

    assert unread(schema) == []
    assert len(schema.attribute_types) > 200
    module = imported(generated(schema, asks(everything=True)))
    assert len(vars(module)) > len(schema.object_classes)
