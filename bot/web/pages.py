"""The pages customers see: playground, widget script and help centre. They work without scripts, save for the chat."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any, cast

import jinja2
import nh3
import structlog
from aiohttp import web
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.knowledge.base import KnowledgeBase
from bot.web.bundle import LANGUAGES, STATIC, TOKENS, texts, widget_script
from runtime.settings import Settings
from tickets.contracts import Language

#: What these pages read of their application.
KNOWLEDGE = web.AppKey("knowledge", KnowledgeBase)
SETTINGS = web.AppKey("settings", Settings)

LOG = structlog.get_logger(__name__)
LONGEST_QUERY = 200
#: Nothing inline and nothing foreign: the pages prove that the widget lives inside a strict policy.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
#: The help centre's own files, by name: nothing else of the folder is served.
ASSETS = {"tokens.css": TOKENS, "pages.css": STATIC / "pages.css", "playground.js": STATIC / "playground.js"}
ASSETS |= {f"phones/{path.name}": path for path in (STATIC / "phones").iterdir()}
ICONS = TOKENS.parent / "icons.svg"


def add_routes(app: web.Application) -> None:
    """Adds the customers' pages; they read `KNOWLEDGE` and `SETTINGS` of the application."""
    app.add_routes(
        [
            web.get("/", playground),
            web.get("/widget.js", widget),
            web.get("/assets/{name:.+}", asset),
            web.get("/help", to_help),
            web.get("/help/", to_help),
            web.get("/help/{language:de|en}", to_help),
            web.get("/help/{language:de|en}/", overview),
            web.get("/help/{language:de|en}/{slug}", article),
            web.post("/help/{language:de|en}/{slug}/feedback", feedback),
        ]
    )


async def playground(request: web.Request) -> web.Response:
    language = wished_language(request)
    port = request.app[SETTINGS].tickets_port
    desk_url = str(request.url.with_port(port).with_path("/").with_query(None))
    said = texts(language)
    names = {key.removeprefix("channel_"): name for key, name in said["widget"].items() if key.startswith("channel_")}
    phone_texts = {key: text for key, text in said["page"].items() if key.startswith(("phone_", "mail_", "shop"))}
    return page("playground.html", language, desk_url=desk_url, here="/", names=names, phone_texts=phone_texts)


async def widget(request: web.Request) -> web.Response:
    body = widget_script()
    etag = hashlib.sha256(body.encode()).hexdigest()[:16]
    headers = {
        "Cache-Control": "public, max-age=300",
        "ETag": f'"{etag}"',
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if any(known.value == etag for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    response = web.Response(text=body, content_type="text/javascript", charset="utf-8", headers=headers)
    response.enable_compression()
    return response


async def asset(request: web.Request) -> web.StreamResponse:
    path = {**ASSETS, "icons.svg": ICONS}.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"})


async def to_help(request: web.Request) -> web.Response:
    language = request.match_info.get("language") or wished_language(request)
    raise web.HTTPFound(f"/help/{language}/")


async def overview(request: web.Request) -> web.Response:
    language = cast(Language, request.match_info["language"])
    query = request.query.get("q", "").strip()[:LONGEST_QUERY]
    hits = await search(request.app, query, language) if query else ()
    articles = sorted(request.app[KNOWLEDGE].articles(language), key=lambda found: found.title.casefold())
    other = f"/help/{other_language(language)}/"
    return page("help.html", language, query=query, hits=hits, articles=articles, other_url=other)


async def search(app: web.Application, query: str, language: Language) -> list[Any]:
    """The best passage of each article, in the order of the knowledge base."""
    knowledge = app[KNOWLEDGE]
    found = await knowledge.search(query, language, limit=8)
    return list({hit.slug: hit for hit in reversed(found.of_all)}.values())[::-1]


async def article(request: web.Request) -> web.Response:
    language, slug = request.match_info["language"], request.match_info["slug"]
    found = request.app[KNOWLEDGE].article(language, slug)
    if found is None:
        other = f"/help/{other_language(language)}/"
        return page("missing.html", language, status=404, other_url=other)
    return page(
        "article.html",
        language,
        article=found,
        body=render_markdown(found.body_markdown),
        related=related(request.app, found),
        reviewed=written_date(found.reviewed_at, language),
        thanks="thanks" in request.query,
        other_url=other_article_url(request.app, found),
    )


async def feedback(request: web.Request) -> web.Response:
    language, slug = request.match_info["language"], request.match_info["slug"]
    if request.app[KNOWLEDGE].article(language, slug) is None:
        raise web.HTTPNotFound
    helped = (await request.post()).get("helped")
    if helped not in ("yes", "no"):
        raise web.HTTPBadRequest(text="helped must be yes or no")
    LOG.info("help_feedback", language=language, slug=slug, helped=helped)
    raise web.HTTPSeeOther(f"/help/{language}/{slug}?thanks=1#feedback")


def page(template: str, language: str, *, status: int = 200, **values: Any) -> web.Response:
    """One page in one language, with the headers every page carries."""
    values.setdefault("other_url", f"{values.get('here', '/')}?lang={other_language(language)}")
    html = TEMPLATES.get_template(template).render(
        t=texts(language)["page"], language=language, other=other_language(language), **values
    )
    response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8", headers=HEADERS)
    response.enable_compression()
    return response


def wished_language(request: web.Request) -> str:
    """What the address says, else the first of the browser's languages that we speak, else English."""
    wishes = [request.query.get("lang", ""), *request.headers.get("Accept-Language", "").split(",")]
    known = (wish.strip()[:2].lower() for wish in wishes)
    return next((wish for wish in known if wish in LANGUAGES), "en")


def other_language(language: str) -> str:
    return "en" if language == "de" else "de"


def render_markdown(text: str) -> Markup:
    """Articles are the operator's own, and are still cleaned: a slip in one must not become a script."""
    return Markup(nh3.clean(MARKDOWN.render(text)))  # noqa: S704


TEMPLATES.filters["markdown"] = render_markdown


def related(app: web.Application, found: Any) -> list[Any]:
    linked = (app[KNOWLEDGE].article(found.language, str(slug)) for slug in found.related)
    return [other for other in linked if other is not None]


def other_article_url(app: web.Application, found: Any) -> str:
    other = other_language(found.language)
    known = app[KNOWLEDGE].article(other, found.slug)
    return f"/help/{other}/{found.slug}" if known else f"/help/{other}/"


def written_date(day: date | None, language: str) -> str:
    if day is None:
        return ""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {day:%b %Y}"
