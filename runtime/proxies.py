"""Who really asks, behind proxies: what they forward is believed of trusted addresses only,
for anyone can send a header."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import web

Network: TypeAlias = IPv4Network | IPv6Network
#: So much of an IPv6 address is one household's or server's; the rest they may change as they like.
ONE_SENDER = 64


class Proxies:
    def __init__(self, trusted: Iterable[str]) -> None:
        """Addresses or networks. Raises `ValueError` for what is neither."""
        self._trusted: tuple[Network, ...] = tuple(ip_network(one) for one in trusted)

    def address(self, request: web.Request) -> str:
        """Of the client: the last one in the chain that is no trusted proxy."""
        found = request.remote or ""
        chain = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
        while chain and self._trusts(found):
            before = chain.pop()
            if not _is_address(before):
                break
            found = before
        return found

    def is_secure(self, request: web.Request) -> bool:
        """Whether the client came by https, as the connection itself or a trusted proxy says."""
        said = request.headers.get("X-Forwarded-Proto", "").strip().lower()
        return request.secure or (said == "https" and self._trusts(request.remote or ""))

    def _trusts(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def sender_of(address: str) -> str:
    """What is counted as one sender: an IPv4 address, or the network of an IPv6 one."""
    if not _is_address(address):
        return address
    found = ip_address(address)
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), ONE_SENDER), strict=False))


def is_loopback(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
