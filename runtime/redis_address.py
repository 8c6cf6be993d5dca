"""What REDIS_URL says: one server, a Cluster, or Sentinels and the master they watch.

Both environments read it here, each with its own version of redis-py. No error shows a part of the address: a password
with an unescaped sign in it can end up anywhere in what was parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from redis import connection

#: redis-py leaves it without annotations.
_parse: Any = connection.parse_url

REDIS_PORT, SENTINEL_PORT = 6379, 26379
FORMS = (
    "Give redis://host:6379/0 or unix:///path for one server, "
    "redis+cluster://host:6379,host:6379 for some nodes of a Cluster, "
    "or redis+sentinel://host:26379,host:26379/master-name. rediss instead of redis speaks TLS; "
    "signs such as / ? # @ in a password are written as %2F %3F %23 %40"
)
Kind = Literal["single", "cluster", "sentinel"]
_SINGLE = ("redis", "rediss", "unix")
_SEVERAL: dict[str, tuple[Kind, str]] = {
    "redis+cluster": ("cluster", "redis"),
    "rediss+cluster": ("cluster", "rediss"),
    "redis+sentinel": ("sentinel", "redis"),
    "rediss+sentinel": ("sentinel", "rediss"),
}
#: What may stand behind the question mark.
_OPTIONS = {
    "db",
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "sentinel_username",
    "sentinel_password",
}
_WHO_AND_WHERE = {"host", "port", "path", "username", "password", "connection_class"}


@dataclass(frozen=True)
class Address:
    kind: Kind
    url: str
    #: Of a Cluster or of the Sentinels: host and port of each.
    hosts: tuple[tuple[str, int], ...] = ()
    #: Name of the master that the Sentinels watch.
    master: str = ""
    #: For each connection to Redis itself: username, password, db, ssl, ...
    options: Mapping[str, Any] | None = None
    #: For each connection to a Sentinel.
    sentinel_options: Mapping[str, Any] | None = None

    @property
    def where(self) -> str:
        """For logs: no secret."""
        if self.hosts:
            return ", ".join(f"{host}:{port}" for host, port in self.hosts) + (
                f" ({self.master})" if self.master else ""
            )
        parts = urlsplit(self.url)
        return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or REDIS_PORT}"


def checked(url: str) -> str:
    """The address itself, if it is one. Raises `ValueError`."""
    read(url)
    return url


def read(url: str) -> Address:
    """Raises `ValueError` with a text that may be shown."""
    scheme = url.partition("://")[0]
    try:
        if scheme in _SEVERAL:
            return _several(url, *_SEVERAL[scheme])
        if scheme in _SINGLE and url.startswith(f"{scheme}://"):
            _known(_parse(url))
            return Address("single", url)
    except (ValueError, TypeError):
        pass
    raise ValueError(FORMS) from None


def _several(url: str, kind: Kind, scheme: str) -> Address:
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    name, _, database = parts.path.strip("/").partition("/")
    if kind == "cluster":
        name, database = "", name
    # The rest is read by redis-py, as if it were the address of a single server.
    options = _known(_parse(f"{scheme}://{credentials}{at}host/{int(database or 0)}?{parts.query}"))
    if (kind == "sentinel") != bool(name) or (kind == "cluster" and options["db"]):
        raise ValueError("the master's name is missing, or there is a database in a Cluster")
    options = {key: value for key, value in options.items() if key not in ("host", "port", "connection_class")}
    sentinel = {key: options.pop(f"sentinel_{key}", None) for key in ("username", "password")}
    if scheme == "rediss":
        options["ssl"] = True
    sentinel |= {key: value for key, value in options.items() if key.startswith("ssl")}
    if kind == "cluster":
        options.pop("db")
    port = REDIS_PORT if kind == "cluster" else SENTINEL_PORT
    return Address(kind, url, tuple(_host(one, port) for one in hosts.split(",")), unquote(name), options, sentinel)


def _known(options: dict[str, Any]) -> dict[str, Any]:
    if options.keys() - _OPTIONS - _WHO_AND_WHERE:
        raise ValueError("unknown option")
    return options


def _host(raw: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{raw}")
    if not parts.hostname:
        raise ValueError("a host is missing")
    return parts.hostname, parts.port or port
