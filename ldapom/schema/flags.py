"""Bits of Active Directory as flags: ``userAccountControl`` and ``groupType``.

Bits without a name are kept. A class of flags may stand in the annotation of any
attribute of integers; these two are here because everybody needs them.
"""

from __future__ import annotations

from enum import IntFlag


class UserAccountControl(IntFlag):
    """The bits of ``userAccountControl`` ([MS-ADTS] 2.2.16).

    For example::

        user.userAccountControl |= UserAccountControl.ACCOUNTDISABLE
    """

    SCRIPT = 0x1
    ACCOUNTDISABLE = 0x2
    HOMEDIR_REQUIRED = 0x8
    LOCKOUT = 0x10
    PASSWD_NOTREQD = 0x20
    PASSWD_CANT_CHANGE = 0x40
    ENCRYPTED_TEXT_PWD_ALLOWED = 0x80
    TEMP_DUPLICATE_ACCOUNT = 0x100
    NORMAL_ACCOUNT = 0x200
    INTERDOMAIN_TRUST_ACCOUNT = 0x800
    WORKSTATION_TRUST_ACCOUNT = 0x1000
    SERVER_TRUST_ACCOUNT = 0x2000
    DONT_EXPIRE_PASSWORD = 0x10000
    MNS_LOGON_ACCOUNT = 0x20000
    SMARTCARD_REQUIRED = 0x40000
    TRUSTED_FOR_DELEGATION = 0x80000
    NOT_DELEGATED = 0x100000
    USE_DES_KEY_ONLY = 0x200000
    DONT_REQ_PREAUTH = 0x400000
    PASSWORD_EXPIRED = 0x800000
    TRUSTED_TO_AUTH_FOR_DELEGATION = 0x1000000
    NO_AUTH_DATA_REQUIRED = 0x2000000
    PARTIAL_SECRETS_ACCOUNT = 0x4000000
    USE_AES_KEYS = 0x8000000


class GroupType(IntFlag):
    """The bits of ``groupType`` ([MS-ADTS] 2.2.12), written as 32 bits with a sign."""

    SYSTEM = 0x1
    GLOBAL = 0x2
    DOMAIN_LOCAL = 0x4
    UNIVERSAL = 0x8
    APP_BASIC = 0x10
    APP_QUERY = 0x20
    SECURITY_ENABLED = 0x80000000
