"""Known messages and their octets: one table, read in both directions.

Octets are written as they are read aloud: hexadecimal, and text in quotes. Many are
worked examples that are in circulation for RFC 4511; the others were written from its
grammar by hand.
"""

from __future__ import annotations

import re
from typing import Final

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m


def octets(text: str) -> bytes:
    """Give the octets of a row: ``04 02 "cn"``."""
    parts = re.findall(r'"[^"]*"|[0-9a-f]{2}', text)
    return b"".join(
        part[1:-1].encode() if part.startswith('"') else bytes.fromhex(part)
        for part in parts
    )


def _sicily(name: str, choice: m.SicilyChoice, token: bytes = b"") -> m.BindRequest:
    return m.BindRequest(name, m.SicilyAuthentication(choice, token))


_JDOE: Final = "uid=jdoe,ou=People,dc=example,dc=com"
_ATTRIBUTES: Final = (
    m.PartialAttribute("objectClass", (b"top", b"domain")),
    m.PartialAttribute("dc", (b"example",)),
)

#: Name, message, octets.
VECTORS: Final[tuple[tuple[str, m.LDAPMessage, str], ...]] = (
    (
        "anonymous-bind",
        m.LDAPMessage(1, m.BindRequest("", m.SimpleAuthentication(b""))),
        "30 0c 02 01 01 60 07 02 01 03 04 00 80 00",
    ),
    (
        "simple-bind",
        m.LDAPMessage(1, m.BindRequest(_JDOE, m.SimpleAuthentication(b"secret123"))),
        (
            '30 39 02 01 01 60 34 02 01 03 04 24 "uid=jdoe,ou=People,dc=example,dc=com" '
            '80 09 "secret123"'
        ),
    ),
    (
        "sasl-bind-first-step",
        m.LDAPMessage(1, m.BindRequest("", m.SaslCredentials("CRAM-MD5"))),
        '30 16 02 01 01 60 11 02 01 03 04 00 a3 0a 04 08 "CRAM-MD5"',
    ),
    (
        "sasl-bind-external",
        m.LDAPMessage(1, m.BindRequest("", m.SaslCredentials("EXTERNAL", b""))),
        '30 18 02 01 01 60 13 02 01 03 04 00 a3 0c 04 08 "EXTERNAL" 04 00',
    ),
    (
        "sicily-discovery",
        m.LDAPMessage(1, _sicily("", m.SicilyChoice.package_discovery)),
        "30 0c 02 01 01 60 07 02 01 03 04 00 89 00",
    ),
    (
        "sicily-negotiate",
        m.LDAPMessage(2, _sicily("NTLM", m.SicilyChoice.negotiate, b"NTLMSSP\0")),
        '30 18 02 01 02 60 13 02 01 03 04 04 "NTLM" 8a 08 "NTLMSSP" 00',
    ),
    (
        "sicily-response",
        m.LDAPMessage(3, _sicily("", m.SicilyChoice.response, b"NTLMSSP\0")),
        '30 14 02 01 03 60 0f 02 01 03 04 00 8b 08 "NTLMSSP" 00',
    ),
    (
        "sicily-challenge",
        m.LDAPMessage(2, m.BindResponse(matched_dn="NTLMSSP\0\udcff")),
        '30 15 02 01 02 61 10 0a 01 00 04 09 "NTLMSSP" 00 ff 04 00',
    ),
    (
        "bind-response",
        m.LDAPMessage(1, m.BindResponse()),
        "30 0c 02 01 01 61 07 0a 01 00 04 00 04 00",
    ),
    (
        "bind-response-with-challenge",
        m.LDAPMessage(
            1,
            m.BindResponse(
                ResultCode.saslBindInProgress, server_sasl_creds=b"<10a13c7bf7087600>"
            ),
        ),
        '30 20 02 01 01 61 1b 0a 01 0e 04 00 04 00 87 12 "<10a13c7bf7087600>"',
    ),
    (
        "unbind",
        m.LDAPMessage(3, m.UnbindRequest()),
        "30 05 02 01 03 42 00",
    ),
    (
        "search",
        m.LDAPMessage(
            2,
            m.SearchRequest(
                "dc=example,dc=com",
                m.Scope.sub,
                f.And(
                    (f.Equality("objectClass", b"person"), f.Equality("uid", b"jdoe"))
                ),
                ("*", "+"),
                size_limit=1000,
                time_limit=30,
            ),
        ),
        (
            '30 56 02 01 02 63 51 04 11 "dc=example,dc=com" 0a 01 02 0a 01 00 02 02 03 e8 '
            '02 01 1e 01 01 00 a0 24 a3 15 04 0b "objectClass" 04 06 "person" '
            'a3 0b 04 03 "uid" 04 04 "jdoe" 30 06 04 01 "*" 04 01 "+"'
        ),
    ),
    (
        "search-root-dse",
        m.LDAPMessage(1, m.SearchRequest("", m.Scope.base, f.Present("objectclass"))),
        (
            "30 25 02 01 01 63 20 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 "
            '87 0b "objectclass" 30 00'
        ),
    ),
    (
        "search-every-filter",
        m.LDAPMessage(
            1,
            m.SearchRequest(
                "",
                m.Scope.one,
                f.Or(
                    (
                        f.Not(f.Present("a")),
                        f.Substrings("b", b"x", (b"y", b"z"), b"w"),
                        f.Substrings("b", any=(b"y",)),
                        f.GreaterOrEqual("c", b"1"),
                        f.LessOrEqual("d", b"2"),
                        f.Approx("e", b"3"),
                        f.Extensible("2.4.6", "f", b"4", dn_attributes=True),
                        f.Extensible(None, "g", b"\x00*()\\"),
                    )
                ),
                deref_aliases=m.DerefAliases.always,
                types_only=True,
            ),
        ),
        (
            "30 72 02 01 01 63 6d 04 00 0a 01 01 0a 01 03 02 01 00 02 01 00 01 01 ff a1 58 "
            'a2 03 87 01 "a" '
            'a4 11 04 01 "b" 30 0c 80 01 "x" 81 01 "y" 81 01 "z" 82 01 "w" '
            'a4 08 04 01 "b" 30 03 81 01 "y" '
            'a5 06 04 01 "c" 04 01 "1" a6 06 04 01 "d" 04 01 "2" a8 06 04 01 "e" 04 01 "3" '
            'a9 10 81 05 "2.4.6" 82 01 "f" 83 01 "4" 84 01 ff '
            'a9 0a 82 01 "g" 83 05 00 2a 28 29 5c '
            "30 00"
        ),
    ),
    (
        "search-paged",
        m.LDAPMessage(
            2,
            m.SearchRequest("", m.Scope.sub, f.Present("cn"), ("1.1",)),
            (
                m.Control(
                    "1.2.840.113556.1.4.319", True, b"\x30\x05\x02\x01\x05\x04\x00"
                ),
            ),
        ),
        (
            "30 49 02 01 02 63 1c 04 00 0a 01 02 0a 01 00 02 01 00 02 01 00 01 01 00 "
            '87 02 "cn" 30 05 04 03 "1.1" '
            'a0 26 30 24 04 16 "1.2.840.113556.1.4.319" 01 01 ff 04 07 30 05 02 01 05 04 00'
        ),
    ),
    (
        "entry",
        m.LDAPMessage(2, m.SearchResultEntry("dc=example,dc=com", _ATTRIBUTES)),
        (
            '30 49 02 01 02 64 44 04 11 "dc=example,dc=com" 30 2f '
            '30 1c 04 0b "objectClass" 31 0d 04 03 "top" 04 06 "domain" '
            '30 0f 04 02 "dc" 31 09 04 07 "example"'
        ),
    ),
    (
        "entry-types-only",
        m.LDAPMessage(2, m.SearchResultEntry("dc=x", (m.PartialAttribute("dc"),))),
        '30 15 02 01 02 64 10 04 04 "dc=x" 30 08 30 06 04 02 "dc" 31 00',
    ),
    (
        "reference",
        m.LDAPMessage(
            2, m.SearchResultReference(("ldap://a.example/dc=x??sub?", "ldap://b"))
        ),
        '30 2c 02 01 02 73 27 04 1b "ldap://a.example/dc=x??sub?" 04 08 "ldap://b"',
    ),
    (
        "search-done",
        m.LDAPMessage(2, m.SearchResultDone()),
        "30 0c 02 01 02 65 07 0a 01 00 04 00 04 00",
    ),
    (
        "search-done-no-such-object",
        m.LDAPMessage(
            200,
            m.SearchResultDone(ResultCode.noSuchObject, "dc=example,dc=com", "gone"),
        ),
        '30 22 02 02 00 c8 65 1c 0a 01 20 04 11 "dc=example,dc=com" 04 04 "gone"',
    ),
    (
        "modify",
        m.LDAPMessage(
            2,
            m.ModifyRequest(
                _JDOE,
                (
                    m.ModifyChange(
                        m.ModifyOperation.delete,
                        m.PartialAttribute("givenName", (b"John",)),
                    ),
                    m.ModifyChange(
                        m.ModifyOperation.add,
                        m.PartialAttribute("givenName", (b"Jonathan",)),
                    ),
                    m.ModifyChange(
                        m.ModifyOperation.replace,
                        m.PartialAttribute("cn", (b"Jonathan Doe",)),
                    ),
                ),
            ),
        ),
        (
            '30 81 80 02 01 02 66 7b 04 24 "uid=jdoe,ou=People,dc=example,dc=com" 30 53 '
            '30 18 0a 01 01 30 13 04 09 "givenName" 31 06 04 04 "John" '
            '30 1c 0a 01 00 30 17 04 09 "givenName" 31 0a 04 08 "Jonathan" '
            '30 19 0a 01 02 30 14 04 02 "cn" 31 0e 04 0c "Jonathan Doe"'
        ),
    ),
    (
        "modify-response",
        m.LDAPMessage(2, m.ModifyResponse()),
        "30 0c 02 01 02 67 07 0a 01 00 04 00 04 00",
    ),
    (
        "add",
        m.LDAPMessage(2, m.AddRequest("dc=example,dc=com", _ATTRIBUTES)),
        (
            '30 49 02 01 02 68 44 04 11 "dc=example,dc=com" 30 2f '
            '30 1c 04 0b "objectClass" 31 0d 04 03 "top" 04 06 "domain" '
            '30 0f 04 02 "dc" 31 09 04 07 "example"'
        ),
    ),
    (
        "add-response",
        m.LDAPMessage(2, m.AddResponse()),
        "30 0c 02 01 02 69 07 0a 01 00 04 00 04 00",
    ),
    (
        "delete-with-control",
        m.LDAPMessage(
            5,
            m.DelRequest("dc=example,dc=com"),
            (m.Control("1.2.840.113556.1.4.805", True),),
        ),
        (
            '30 35 02 01 05 4a 11 "dc=example,dc=com" '
            'a0 1d 30 1b 04 16 "1.2.840.113556.1.4.805" 01 01 ff'
        ),
    ),
    (
        "delete-response-referral",
        m.LDAPMessage(
            5,
            m.DelResponse(ResultCode.referral, referral=("ldap://b",)),
        ),
        '30 18 02 01 05 6b 13 0a 01 0a 04 00 04 00 a3 0a 04 08 "ldap://b"',
    ),
    (
        "rename",
        m.LDAPMessage(2, m.ModifyDNRequest(_JDOE, "uid=john.doe")),
        (
            '30 3c 02 01 02 6c 37 04 24 "uid=jdoe,ou=People,dc=example,dc=com" '
            '04 0c "uid=john.doe" 01 01 ff'
        ),
    ),
    (
        "move",
        m.LDAPMessage(2, m.ModifyDNRequest("cn=a", "cn=a", False, "dc=x")),
        '30 1a 02 01 02 6c 15 04 04 "cn=a" 04 04 "cn=a" 01 01 00 80 04 "dc=x"',
    ),
    (
        "rename-response",
        m.LDAPMessage(2, m.ModifyDNResponse()),
        "30 0c 02 01 02 6d 07 0a 01 00 04 00 04 00",
    ),
    (
        "compare",
        m.LDAPMessage(2, m.CompareRequest(_JDOE, "employeeType", b"salaried")),
        (
            '30 45 02 01 02 6e 40 04 24 "uid=jdoe,ou=People,dc=example,dc=com" '
            '30 18 04 0c "employeeType" 04 08 "salaried"'
        ),
    ),
    (
        "compare-response",
        m.LDAPMessage(2, m.CompareResponse(ResultCode.compareTrue)),
        "30 0c 02 01 02 6f 07 0a 01 06 04 00 04 00",
    ),
    (
        "abandon",
        m.LDAPMessage(6, m.AbandonRequest(5)),
        "30 06 02 01 06 50 01 05",
    ),
    (
        "start-tls",
        m.LDAPMessage(1, m.ExtendedRequest("1.3.6.1.4.1.1466.20037")),
        '30 1d 02 01 01 77 18 80 16 "1.3.6.1.4.1.1466.20037"',
    ),
    (
        "cancel",
        m.LDAPMessage(2, m.ExtendedRequest("1.3.6.1.1.8", b"\x30\x03\x02\x01\x01")),
        '30 19 02 01 02 77 14 80 0b "1.3.6.1.1.8" 81 05 30 03 02 01 01',
    ),
    (
        "start-tls-response",
        m.LDAPMessage(1, m.ExtendedResponse(name="1.3.6.1.4.1.1466.20037")),
        '30 24 02 01 01 78 1f 0a 01 00 04 00 04 00 8a 16 "1.3.6.1.4.1.1466.20037"',
    ),
    (
        "who-am-i-response",
        m.LDAPMessage(3, m.ExtendedResponse(value=b"dn:cn=a")),
        '30 15 02 01 03 78 10 0a 01 00 04 00 04 00 8b 07 "dn:cn=a"',
    ),
    (
        "notice-of-disconnection",
        m.LDAPMessage(
            0,
            m.ExtendedResponse(ResultCode.unavailable, name=m.NOTICE_OF_DISCONNECTION),
        ),
        '30 24 02 01 00 78 1f 0a 01 34 04 00 04 00 8a 16 "1.3.6.1.4.1.1466.20036"',
    ),
    (
        "intermediate-empty",
        m.LDAPMessage(2, m.IntermediateResponse()),
        "30 05 02 01 02 79 00",
    ),
    (
        "intermediate",
        m.LDAPMessage(2, m.IntermediateResponse("1.3.6.1.4.1.4203.1.9.1.4", b"x")),
        '30 22 02 01 02 79 1d 80 18 "1.3.6.1.4.1.4203.1.9.1.4" 81 01 "x"',
    ),
)
