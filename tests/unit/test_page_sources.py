"""Scripts and styles go to browsers as they are written, so no tool of a build looks after them."""

from pathlib import Path

import pytest

LONGEST = 120
ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT)
    for room in ("bot", "runtime", "tickets")
    for kind in ("js", "css")
    for path in (ROOT / room).rglob(f"*.{kind}")
    if "vendor" not in path.parts
)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_no_line_is_longer_than_a_screen_is_wide(source: Path) -> None:
    lines = enumerate((ROOT / source).read_text("utf-8").splitlines(), 1)
    assert [number for number, line in lines if len(line) > LONGEST] == []


def test_the_scripts_and_styles_of_every_page_are_looked_at() -> None:
    assert {Path("bot/web/static/widget/main.js"), Path("tickets/web/static/desk.css")} <= set(SOURCES)
