"""Puts the chat widget together: its sources stay small files, the customer's browser fetches one."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
SHARED = Path(__file__).parents[2] / "runtime" / "static"
TOKENS = SHARED / "tokens.css"
LANGUAGES = ("de", "en")
SOURCES = (
    "dom",
    "texts",
    "store",
    "person",
    "thread",
    "connection",
    "attachments",
    "attach",
    "bubbles",
    "doors",
    "mailproof",
    "wish",
    "elsewhere",
    "panel",
    "main",
)
STYLES = ("widget", "elsewhere")


@cache
def texts(language: str) -> dict[str, dict[str, str]]:
    """The catalogue of one language, by section."""
    found: dict[str, dict[str, str]] = json.loads((STATIC / "texts" / f"{language}.json").read_text("utf-8"))
    return found


@cache
def widget_script() -> str:
    """All of the widget in one script, in a function of its own so that the shop's page sees only `window.Faden`."""
    head = [_constant("TEXTS", {language: texts(language)["widget"] for language in LANGUAGES})]
    head.append(_constant("CSS_TEXT", "".join(_read(f"{name}.css") for name in STYLES) + shadow_tokens()))
    head.append((SHARED / "markdown.js").read_text("utf-8").replace("export { renderMarkdown };", ""))
    return "\n".join(["(() => {", '"use strict";', *head, *(_read(f"{name}.js") for name in SOURCES), "})();\n"])


def shadow_tokens() -> str:
    """The shared tokens for a shadow tree: the shop may override each as `--faden-…`.

    Lengths become pixels, because the shop's page decides what a `rem` is.
    """
    css = TOKENS.read_text("utf-8")
    css = re.sub(r":root:not\((.*?)\)", r":host(:not(\1))", css)
    css = re.sub(r'^(\[data-theme="\w+"\])', r":host(\1)", css, flags=re.MULTILINE).replace(":root", ":host")
    css = re.sub(r"([\d.]+)rem", lambda size: f"{float(size[1]) * 16:g}px", css)
    return re.sub(r"--([\w-]+): ([^;]+);", r"--\1: var(--faden-\1, \2);", css)


def _constant(name: str, value: Any) -> str:
    return f"const {name} = {json.dumps(value, ensure_ascii=False)};"


def _read(name: str) -> str:
    return (STATIC / "widget" / name).read_text("utf-8")
