"""What type checkers must refuse, each line by its own error."""

from __future__ import annotations

from ldapom import Session
from tests.typing.models import Person, User

user = User.query(uid="x").one()
session = Session("ldap://localhost")

User.query(uidd="x")  # E: mypy call-arg; pyright reportCallIssue
User.query(uid=5)  # E: mypy arg-type; pyright reportArgumentType
User.query(User.uid == 5)  # E: mypy arg-type; pyright reportArgumentType
User.query("(uid=x)")  # E: mypy arg-type; pyright reportArgumentType
session.query(User, uidd="x")  # E: mypy call-arg; pyright reportCallIssue
session.query(User, uid=5)  # E: mypy arg-type; pyright reportArgumentType
session.query(User, True)  # E: mypy arg-type; pyright reportArgumentType
session.query(int)  # E: mypy arg-type; pyright reportArgumentType reportCallIssue
session.get(int, "dc=x")  # E: mypy type-var; pyright reportArgumentType

user.uidNumber = "x"  # E: mypy assignment; pyright reportAttributeAccessIssue
user.uidNumber = None  # E: mypy assignment; pyright reportAttributeAccessIssue
user.mail = None  # E: mypy assignment; pyright reportAttributeAccessIssue
user.mail = [5]  # E: mypy list-item; pyright reportAttributeAccessIssue
user.mail.append(5)  # E: mypy arg-type; pyright reportArgumentType
user.maill = ["x"]  # E: mypy attr-defined; pyright reportAttributeAccessIssue
user.uidd  # E: mypy attr-defined; pyright reportAttributeAccessIssue

User.uidNumber >= "x"  # E: mypy operator; pyright reportOperatorIssue
User.uidNumber > 5  # E: mypy operator; pyright reportOperatorIssue
User.uidNumber < 5  # E: mypy operator; pyright reportOperatorIssue
User.uidNumber.in_(["x"])  # E: mypy list-item; pyright reportArgumentType
User.uidNumber.startswith("x")  # E: mypy misc; pyright reportAttributeAccessIssue
User.jpegPhoto.contains("x")  # E: mypy misc; pyright reportAttributeAccessIssue
User.cn.startswith(5)  # E: mypy arg-type; pyright reportArgumentType

Person(cn=["x"])  # E: mypy call-arg; pyright reportCallIssue
Person(["x"], ["x"])  # E: mypy arg-type call-arg; pyright reportCallIssue
Person(cn=["x"], sn=[5])  # E: mypy list-item; pyright reportArgumentType
Person(cn=["x"], sn=["x"], objectClass=["x"])  # E: mypy call-arg; pyright reportCallIssue
Person(cn=["x"], sn=["x"], uid=["x"])  # E: mypy call-arg; pyright reportCallIssue

User.query().scope("all")  # E: mypy arg-type; pyright reportArgumentType
User.query().limit("5")  # E: mypy arg-type; pyright reportArgumentType
