"""The API's description, made from the table of routes and the models it names."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from tickets.web import models
from tickets.web.routing import COOKIE, PREFIX, Route

REFS = "#/components/schemas/{model}"


def describe(routes: tuple[Route, ...]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Faden desk", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _schemas(routes: tuple[Route, ...]) -> dict[str, Any]:
    used: dict[Any, Any] = {models.ErrorView: "serialization"}
    for route in routes:
        if route.body:
            used[route.body] = "validation"
        if route.answer and route.answer not in (models.Text, models.Elsewhere):
            used[_item(route.answer)] = "serialization"
    modes: Any = list(used.items())
    schemas: dict[str, Any] = models_json_schema(modes, ref_template=REFS)[1].get("$defs", {})
    return schemas


def _item(answer: Any) -> Any:
    return answer.__args__[0] if hasattr(answer, "__args__") else answer


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.about,
        "operationId": route.handler.__name__,
        "parameters": _parameters(route),
        "responses": {str(route.status if route.answer else 204): _answer(route), "default": _error()},
        "security": [] if route.access == "open" else [{"session": []}, {"token": []}],
    }
    if route.body:
        operation["requestBody"] = {"content": _json(_ref(route.body)), "required": route.body is not models.Nothing}
    if route.takes_bytes:
        operation["requestBody"] = {"content": {"application/octet-stream": {}}, "required": True}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    fields = TypeAdapter(route.query).json_schema()["properties"] if route.query else {}
    return in_path + [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in fields.items()
    ]


def _answer(route: Route) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "Done."}
    if route.answer is models.Text:
        return {"description": "Text.", "content": {"text/tab-separated-values": {"schema": {"type": "string"}}}}
    if route.answer is models.Elsewhere:
        return {"description": "At the address in the header Location."}
    ref = _ref(_item(route.answer))
    return {
        "description": "Done.",
        "content": _json(ref if ref == _ref(route.answer) else {"type": "array", "items": ref}),
    }


def _error() -> dict[str, Any]:
    return {"description": "What is wrong, and what helps.", "content": _json(_ref(models.ErrorView))}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(model: Any) -> dict[str, Any]:
    return {"$ref": REFS.format(model=getattr(model, "__name__", ""))}
