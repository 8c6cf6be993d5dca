"""Who asks, behind proxies: only trusted ones are believed, and a client can't write itself another address."""

from __future__ import annotations

from unittest import mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from runtime.proxies import Proxies, sender_of
from runtime.settings import Settings, SettingsError


def request(remote: str, **headers: str) -> web.Request:
    transport = mock.Mock()
    transport.get_extra_info = lambda name, default=None: (remote, 1) if name == "peername" else default
    return make_mocked_request(
        "GET", "/", {name.replace("_", "-"): value for name, value in headers.items()}, transport=transport
    )


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "found"),
    [
        ((), "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (("10.0.0.1",), "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (("10.0.0.1",), "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (("10.0.0.1",), "10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        (("10.0.0.0/24",), "10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (("10.0.0.1",), "10.0.0.1", "<script>", "10.0.0.1"),
        (("10.0.0.1",), "10.0.0.1", "", "10.0.0.1"),
        (("fd00::/8",), "fd00::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_address_is_the_last_one_that_no_trusted_proxy_has(
    trusted: tuple[str, ...], remote: str, forwarded: str, found: str
) -> None:
    assert Proxies(trusted).address(request(remote, X_Forwarded_For=forwarded)) == found


@pytest.mark.parametrize(
    ("remote", "said", "secure"),
    [("10.0.0.1", "https", True), ("10.0.0.1", "http", False), ("9.9.9.9", "https", False)],
)
def test_https_is_believed_of_trusted_proxies_only(remote: str, said: str, secure: bool) -> None:
    assert Proxies(["10.0.0.1"]).is_secure(request(remote, X_Forwarded_Proto=said)) is secure


def test_the_setting_takes_addresses_and_networks_and_refuses_names() -> None:
    settings = Settings.load({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8", "SESSION_SECRET": "x" * 32}, env_file="none")
    assert settings.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8")
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        Settings.load({"TRUSTED_PROXIES": "proxy.example", "SESSION_SECRET": "x" * 32}, env_file="none")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
    ],
)
def test_a_network_of_ipv6_is_one_sender(one: str, other: str, same: bool) -> None:
    assert (sender_of(one) == sender_of(other)) is same
