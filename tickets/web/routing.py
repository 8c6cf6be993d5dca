"""A request of the API from the door to the handler: who asks, may they, is the body right; and every error told alike.

The same table of routes makes the OpenAPI description, so the two can't differ.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from tickets.errors import DeskError, Forbidden, NotLoggedIn
from tickets.services.accounts import Accounts
from tickets.storage.models import Agent

log = structlog.get_logger()

COOKIE = "faden_desk"
PREFIX = "/api/v1"
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """A request whose sender is known and whose body is valid."""

    request: web.Request
    #: Who asks; on open routes nobody has to.
    caller: Agent | None
    #: The session's CSRF secret; empty for API tokens.
    csrf: str
    body: Any
    query: Any

    @property
    def agent(self) -> Agent:
        if self.caller is None:
            raise NotLoggedIn("not_logged_in", "Log in first.")
        return self.caller

    def part(self, name: str) -> str:
        """A named part of the path."""
        return self.request.match_info[name]


Answer = BaseModel | list[Any] | web.StreamResponse | None
Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One door of the API; `openapi` describes what it says of itself."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    handler: Handler
    #: One sentence, for the description.
    about: str
    _: KW_ONLY
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    #: A model or a list of one; None answers 204.
    answer: Any = None
    status: int = 200
    access: Literal["open", "agent", "admin"] = "agent"
    #: The body is a file.
    takes_bytes: bool = False


def add_routes(app: web.Application, routes: tuple[Route, ...], accounts: Accounts) -> None:
    for route in routes:
        app.router.add_route(route.method, PREFIX + route.path, _door(route, accounts))


def _door(route: Route, accounts: Accounts) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def enter(request: web.Request) -> web.StreamResponse:
        caller, csrf = await identify(request, accounts)
        if route.access != "open":
            _admit(request, route, caller, csrf)
        query = _valid(route.query, dict(request.query)) if route.query else None
        body = await _body(request, route.body) if route.body else None
        answer = await route.handler(Call(request, caller, csrf, body, query))
        if isinstance(answer, web.StreamResponse):
            return answer
        return as_json(answer, route.status)

    return enter


async def identify(request: web.Request, accounts: Accounts) -> tuple[Agent | None, str]:
    """The agent behind the token or cookie, and the session's CSRF secret."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        agent = await accounts.by_token(token.strip())
        if agent is None:
            raise NotLoggedIn("bad_token", "The API token is not known, or was revoked.")
        return agent, ""
    cookie = request.cookies.get(COOKIE)
    session = await accounts.by_session(cookie) if cookie else None
    return (session.agent, session.csrf) if session else (None, "")


def _admit(request: web.Request, route: Route, caller: Agent | None, csrf: str) -> None:
    if caller is None:
        raise NotLoggedIn("not_logged_in", "Log in first.")
    if route.method != "GET" and csrf and not _same(request.headers.get("X-CSRF-Token", ""), csrf):
        raise Forbidden("csrf", "The header X-CSRF-Token is missing or not this session's. Reload the page.")
    if route.access == "admin" and caller.role != "admin":
        raise Forbidden("admins_only", "Only admins may do this.")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


async def _body(request: web.Request, model: type[Model]) -> Model:
    if request.content_type != "application/json" and request.can_read_body:
        # A form of another site can't send JSON without asking first.
        raise DeskError("not_json", "Send application/json.")
    return _valid(model, await request.read() or b"{}")


def _valid(model: type[Model], data: dict[str, str] | bytes) -> Model:
    try:
        return model.model_validate_json(data) if isinstance(data, bytes) else model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:5]
        detail = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in found)
        raise DeskError("bad_request", detail) from error


def as_json(answer: BaseModel | list[Any] | None, status: int = 200) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    if isinstance(answer, BaseModel):
        text = answer.model_dump_json()
    else:
        text = TypeAdapter(list[Any]).dump_json(answer).decode()
    return web.Response(text=text, status=status, content_type="application/json")


def error_response(status: int, code: str, detail: str, **more: Any) -> web.Response:
    return web.json_response({"code": code, "detail": detail, **more}, status=status)


_HTTP = {
    404: ("unknown_address", "There is nothing at this address."),
    405: ("wrong_method", "This address does not know the method."),
    413: ("body_too_large", "The body is too large."),
}


@web.middleware
async def tell_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except DeskError as error:
        return error_response(error.status, error.code, error.detail, **error.more)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return error_response(error.status, *_HTTP.get(error.status, ("http_error", error.reason)))
    except (RedisError, DBAPIError, OSError):
        log.exception("web.store_away", path=request.path)
        return error_response(503, "try_again", "The store is away. Nothing was changed; try again.")
    except Exception:
        log.exception("web.failed", path=request.path)
        return error_response(500, "failed", "This went wrong on our side; it is in the log.")
