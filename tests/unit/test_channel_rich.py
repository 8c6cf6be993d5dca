"""Markdown for messengers: what each one shows, and how long texts are cut."""

import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.messenger import in_bytes
from bot.channels.rich import plain, spans_of, split, telegram_html, whatsapp
from bot.channels.sms import segments
from bot.channels.telegram import visible

ARTICLE = """# Returns

Send it back within **30 days**, *free of charge*.

1. Print the [label](https://shop.example/label)
2. Pack it
   - with everything
   - carefully

Use `NL-20417` & keep <it>.
"""


def test_each_platform_shows_what_it_can():
    spans = spans_of(ARTICLE)
    assert plain(spans) == (
        "Returns\n\nSend it back within 30 days, free of charge.\n\n1. Print the label: https://shop.example/label\n"
        "2. Pack it\n  • with everything\n  • carefully\n\nUse NL-20417 & keep <it>."
    )
    assert "<b>Returns</b>" in telegram_html(spans) and "&amp; keep &lt;it&gt;" in telegram_html(spans)
    assert '<a href="https://shop.example/label">label</a>' in telegram_html(spans)
    assert "*30 days*, _free of charge_" in whatsapp(spans)


def test_plain_words_stay_as_they_are():
    for text in ("2 * 3 = 6", "a_b_c", "Order NL-20417", "1 > 0 < 2", "https://shop.example/a_b", "Hallo\nWelt"):
        assert plain(spans_of(text)) == text


def test_code_is_part_of_nothing_else_on_telegram():
    assert telegram_html(spans_of("**see `x < 1`**")) == "<b>see </b><code>x &lt; 1</code>"


def test_a_link_that_leads_to_no_page_is_told_as_text_only():
    assert plain(spans_of("[here](javascript:alert(1))")) in ("here", "[here](javascript:alert(1))")


def test_texts_are_cut_at_sentence_ends():
    spans = spans_of("Ein Satz ist genug. " * 20)
    pieces = [plain(piece) for piece in split(spans, 100, lambda piece: len(plain(piece)))]
    assert all(piece.endswith("genug.") and len(piece) <= 100 for piece in pieces)


def test_a_cut_inside_bold_text_leaves_no_mark_open():
    spans = spans_of("**" + "word " * 100 + "end**")
    for piece in split(spans, 80, lambda piece: visible(telegram_html(piece))):
        made = telegram_html(piece)
        assert made.count("<b>") == made.count("</b>") == 1


WORDS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=400)


@settings(max_examples=60, deadline=None)
@given(text=WORDS, limit=st.integers(20, 120))
def test_no_piece_is_too_long_and_no_sign_is_lost(text, limit):
    for render, measure in ((plain, in_bytes), (telegram_html, visible), (plain, segments_times_twenty)):
        spans = spans_of(text)
        pieces = split(spans, limit, lambda piece, r=render, m=measure: m(r(piece)))
        assert all(measure(render(piece)) <= limit for piece in pieces)
        kept = re.sub(r"\s", "", "".join(one.text for piece in pieces for one in piece))
        assert kept == re.sub(r"\s", "", "".join(one.text for one in spans))


def segments_times_twenty(text: str) -> int:
    return segments(text) * 20


@settings(max_examples=60, deadline=None)
@given(text=WORDS)
def test_telegram_html_is_always_well_formed(text):
    made = telegram_html(spans_of(text))
    assert html.unescape(re.sub(r"</?(?:b|i|s|code|a)(?: href=\"[^\"]*\")?>", "", made)) == plain_without_links(text)


def plain_without_links(text: str) -> str:
    return "".join(one.text for one in spans_of(text))


def test_a_table_becomes_lines_that_any_phone_can_show():
    table = (
        "Prices:\n\n| Country | Days | Cost |\n|---|---|---|\n| Germany | 2–3 | **4.90 €** |\n"
        "| Austria | 3 | 6 € |\n\nDone."
    )
    assert plain(spans_of(table)) == "Prices:\n\n• Germany: 2–3 – 4.90 €\n• Austria: 3 – 6 €\n\nDone."
