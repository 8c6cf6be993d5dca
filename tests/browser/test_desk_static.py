"""The desk's files as they are served: complete in both languages and fit for a strict content security policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.understanding import anger_cues

STATIC = Path(__file__).parents[2] / "tickets" / "web" / "static"
SHARED = Path(__file__).parents[2] / "runtime" / "static"
MODULES = sorted(STATIC.glob("*.js"))
KEY = re.compile(r'\bt\(\s*(?:\w+(?:\.\w+)* \? )?"([a-z.]+)"')


def catalogue(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((STATIC / "texts" / f"{language}.json").read_text("utf-8"))
    return texts


def test_german_and_english_have_the_same_texts_with_the_same_places() -> None:
    german, english = catalogue("de"), catalogue("en")
    assert german.keys() == english.keys()
    places = {
        key
        for key in german
        if sorted(re.findall(r"\{\w+\}", german[key])) != sorted(re.findall(r"\{\w+\}", english[key]))
    }
    assert not places
    assert all(text.strip() for text in (*german.values(), *english.values()))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_text_that_a_module_asks_for_is_in_the_catalogue(module: Path) -> None:
    assert set(KEY.findall(module.read_text("utf-8"))) <= catalogue("en").keys()


@pytest.mark.parametrize("module", [*MODULES, *sorted(STATIC.glob("vendor/*.js"))], ids=lambda path: path.name)
def test_modules_import_only_files_that_are_there(module: Path) -> None:
    for name in re.findall(r'\bfrom\s*"([^"]+)"', module.read_text("utf-8")):
        file = SHARED / name.removeprefix("/static/") if name.startswith("/static/") else module.parent / name
        assert name.startswith(("./", "/static/")) and file.is_file(), name


def test_the_page_carries_no_inline_script_or_style() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_sign_of_anger_has_a_name_for_agents(language: str) -> None:
    signs = {"shouting", "exclamations", "asked_before", *anger_cues._PATTERNS}
    assert {f"cue.{sign}" for sign in signs} <= catalogue(language).keys()
