"""Which attributes hold secrets, and how a secret is shown: not at all."""

from __future__ import annotations

#: Attribute names in lower case whose values no ``str``, ``repr`` or log shows and
#: no clear connection carries. OIDs stand beside the names servers spell them by.
SECRET_ATTRIBUTES = frozenset(
    {
        "userpassword",
        "2.5.4.35",
        "authpassword",
        "unicodepwd",
        "dbcspwd",
        "ntpwdhistory",
        "lmpwdhistory",
        "supplementalcredentials",
        "clearpassword",
        "currentvalue",
        "trustauthincoming",
        "trustauthoutgoing",
        "initialauthincoming",
        "initialauthoutgoing",
        "msds-managedpassword",
        "ms-mcs-admpwd",
        "mslaps-password",
        "mslaps-encryptedpassword",
        "mslaps-encryptedpasswordhistory",
        "mslaps-encrypteddsrmpassword",
        "mslaps-encrypteddsrmpasswordhistory",
        "msfve-recoverypassword",
        "msfve-keypackage",
        "sambantpassword",
        "sambalmpassword",
        "sambapasswordhistory",
        "ipanthash",
        "krbprincipalkey",
        "krbmkey",
        "krbextradata",
        "krb5key",
        "olcrootpw",
        "olcdbrootpw",
        "olcdbbindpw",
        "pwdhistory",
        "passwordhistory",
        "nsslapd-rootpw",
        "nsds5replicacredentials",
        "nsmultiplexorcredentials",
        "ipatokenotpkey",
        "ipanttrustauthincoming",
        "ipanttrustauthoutgoing",
        "ipavaultsecret",
        "radiussharedsecret",
        "oathsecret",
    }
)


def is_secret(attribute: str) -> bool:
    """Whether the values of this attribute description are secrets."""
    return attribute.partition(";")[0].lower() in SECRET_ATTRIBUTES


def hidden(value: bytes | str) -> str:
    """What is shown in a secret's place: its length and nothing else."""
    unit = "bytes" if isinstance(value, bytes) else "characters"
    return f"<{len(value)} {unit} hidden>"
