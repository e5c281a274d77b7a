"""Which attributes hold secrets, and how a secret is shown: not at all."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)
_Error = TypeVar("_Error", bound=BaseException)

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
        "mspkiaccountcredentials",
        "mspkidpapimasterkeys",
        "mstpm-ownerinformation",
        "msds-executescriptpassword",
        "mssfu30password",
        "unixuserpassword",
        "sambantpassword",
        "sambalmpassword",
        "sambapasswordhistory",
        "sambacleartextpassword",
        "sambapreviouscleartextpassword",
        "ipanthash",
        "krbprincipalkey",
        "krbmkey",
        "krbpwdhistory",
        "krbextradata",
        "krb5key",
        "olcrootpw",
        "olcdbrootpw",
        "olcdbbindpw",
        # What these say of a connection has the password in it, in clear.
        "olcsyncrepl",
        "olcdbidassertbind",
        "olcdbaclbind",
        "olcdbidassertpasswd",
        "olcdbaclpasswd",
        "olcdbcryptkey",
        "olctlscertificatekey",
        "pwdhistory",
        "passwordhistory",
        "nsslapd-rootpw",
        "nsds5replicacredentials",
        "nsds5replicabootstrapcredentials",
        "nssymmetrickey",
        "nsmultiplexorcredentials",
        "ipatokenotpkey",
        "ipanttrustauthincoming",
        "ipanttrustauthoutgoing",
        "ipavaultsecret",
        "radiussharedsecret",
        "oathsecret",
    }
)


#: No secret attribute's description is longer, but for its options. A server chooses
#: the names in its entries: longer ones are not kept.
_LONGEST_KNOWN = 64


def is_secret(attribute: str) -> bool:
    """Whether the values of this attribute description are secrets."""
    judge = _is_secret if len(attribute) <= _LONGEST_KNOWN else _is_secret.__wrapped__
    return judge(attribute)


@lru_cache(maxsize=4096)
def _is_secret(attribute: str) -> bool:
    return attribute.partition(";")[0].lower() in SECRET_ATTRIBUTES


def hidden(value: bytes | str) -> str:
    """What is shown in a secret's place: its length and nothing else."""
    unit = "bytes" if isinstance(value, bytes) else "characters"
    return f"<{len(value)} {unit} hidden>"


class HiddenBytes(bytes):
    """Octets that are what they are, but for their ``repr``: that is their length."""

    __slots__ = ()

    def __repr__(self) -> str:
        return hidden(self)


class HiddenText(str):
    """Text that is what it is, but for its ``repr``: that is its length."""

    __slots__ = ()

    def __repr__(self) -> str:
        return hidden(self)


def veil(value: _T) -> _T:
    """The same text or octets with a ``repr`` that hides them; others as they are."""
    if isinstance(value, str):
        return HiddenText(value)  # type: ignore[return-value]  # it is a str too
    if isinstance(value, bytes):
        return HiddenBytes(value)  # type: ignore[return-value]  # it is bytes too
    return value


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def bare(error: _Error) -> _Error:
    """Strip an error of the frames it came through, and of what led to it.

    The locals of those frames are octets; see `unseen`.
    """
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def unseen(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let errors come out of a function without its frame and those below it.

    More and more programs print tracebacks with the locals of every frame; those of a
    function that is given a password show it. Whoever calls it has a frame too.
    """

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # it is raised below
            failure = bare(error)
        finally:
            del args, kwargs
        raise failure

    return call


def discreet(kind: _Class) -> _Class:
    """Make the constructor of a class `unseen`."""
    kind.__init__ = unseen(kind.__init__)  # type: ignore[misc]  # the same parameters
    return kind


class Secret:
    """Octets that show themselves only when they are asked by name.

    A mechanism keeps a password in one, so that a traceback that prints the locals of
    its frames prints ``<8 bytes hidden>``.

    Args:
        value: The octets; text becomes UTF-8, lone surrogates too: an error here would
            show the text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes | str) -> None:
        self._value = value if isinstance(value, bytes) else _octets(value)

    def reveal(self) -> bytes:
        """The octets themselves; hand them on, give them no name."""
        return self._value

    def __repr__(self) -> str:
        return hidden(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)
