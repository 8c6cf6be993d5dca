"""The HTTP door of the actions: what Rasa's SDK serves, without what costs time at every call."""

from __future__ import annotations

import logging
import time
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.failures import where

log = structlog.get_logger()


def serve(host: str, port: int) -> int:
    """Runs until it is told to stop. A port in use or a broken order service ends it with an error."""
    app = create_app()
    log.info("actions.started", port=port)
    app.run(host, port, access_log=False, debug=False, workers=1)
    return 0


def create_app() -> Sanic:
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    logging.getLogger("sanic").setLevel(logging.WARNING)
    executor = ActionExecutor()
    executor.register_package("actions")
    app = Sanic("actions", configure_logging=False)

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok", "actions": len(executor.actions)})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        started = time.perf_counter()
        call = _call(request)
        if call is None:
            return response.json({"error": "next_action must be a string, tracker an object"}, status=422)
        status, result = await _run(executor, call)
        turn = (call["tracker"].get("latest_message") or {}).get("message_id")
        milliseconds = round(1000 * (time.perf_counter() - started), 1)
        log.info("action.done", action=call["next_action"], turn=turn, status=status, ms=milliseconds)
        return response.json(result, status=status)

    return app


def _call(request: Request) -> dict[str, Any] | None:
    try:
        call = request.json
    except Exception:
        return None
    sound = (
        isinstance(call, dict) and isinstance(call.get("next_action"), str) and isinstance(call.get("tracker"), dict)
    )
    return call if sound else None


async def _run(executor: ActionExecutor, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body as Rasa expects them. An error's text stays here, it could quote the customer."""
    name = call["next_action"]
    try:
        return 200, await executor.run(call) or {}
    except ActionExecutionRejection as rejection:
        return 400, {"error": rejection.message, "action_name": rejection.action_name}
    except ActionNotFoundException:
        return 404, {"error": f"no action {name}", "action_name": name}
    except Exception as error:
        log.error("action.failed", action=name, error=type(error).__name__, at=where(error))
        return 500, {"error": type(error).__name__, "action_name": name}
