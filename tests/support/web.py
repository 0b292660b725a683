"""Plain HTTP to this machine: one client a test process.

It trusts nobody's certificates: loading those takes longer (25 ms) than most requests of the tests.
"""

import ssl
from typing import Any

import httpx2

__all__ = ["NO_TLS", "client_at", "web"]

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client_at(base_url: str, **options: Any) -> httpx2.Client:
    """A client of one server; it keeps its connections."""
    return httpx2.Client(base_url=base_url, verify=NO_TLS, trust_env=False, timeout=60, **options)


web = client_at(
    "",
    limits=httpx2.Limits(max_keepalive_connections=0),  # servers stop and start between requests
)
