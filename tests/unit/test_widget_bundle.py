import gzip
import re
import subprocess
from pathlib import Path

import pytest

from bot.web.bundle import STATIC, TOKENS, shadow_tokens, widget_script

AA_TEXT = 4.5
GROUNDS = ("bg", "surface", "surface-2")
INKS = ("text", "text-muted", "accent", "good", "warning", "danger")


def palettes() -> dict[str, dict[str, str]]:
    css = TOKENS.read_text("utf-8")
    blocks = re.findall(r"color-scheme: (\w+);(.*?)\}", css, re.DOTALL)
    colours = [(scheme, dict(re.findall(r"--([\w-]+): (#\w{6});", body))) for scheme, body in blocks]
    return {f"{scheme}-{number}": found for number, (scheme, found) in enumerate(colours)}


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_whole_widget_stays_under_thirty_kilobytes() -> None:
    assert len(gzip.compress(widget_script().encode())) < 30_000


def test_the_joined_sources_are_one_valid_script(tmp_path: Path) -> None:
    script = tmp_path / "widget.js"
    script.write_text(widget_script(), "utf-8")
    try:
        subprocess.run(["node", "--check", str(script)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("node is not installed; the browser tests load the script as well")


def test_no_text_is_ever_taken_as_html() -> None:
    phones = "".join(path.read_text("utf-8") for path in (STATIC / "phones").glob("*.js"))
    taken = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")
    assert phones
    assert not taken.search(widget_script() + phones)


def test_a_shop_may_override_every_token_and_no_length_depends_on_its_page() -> None:
    css = shadow_tokens()
    assert "--accent: var(--faden-accent, #17695c);" in css
    assert ":root" not in css
    assert "rem" not in re.sub(r"/\*.*?\*/", "", css)


@pytest.mark.parametrize("scheme", palettes())
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_every_ink_is_readable_on_every_ground(scheme: str, ground: str, ink: str) -> None:
    colours = palettes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= AA_TEXT


@pytest.mark.parametrize("scheme", palettes())
def test_text_on_the_accent_is_readable(scheme: str) -> None:
    colours = palettes()[scheme]
    assert contrast(colours["accent"], colours["on-accent"]) >= AA_TEXT
