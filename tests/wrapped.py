"""Ways in which customers wrap what matters: shouted, buried in small talk, politely, with markup."""

from __future__ import annotations


def shouted(text: str) -> str:
    return text.upper()


def buried(text: str) -> str:
    return f"Hello, order 4711 came on time, thanks. Guten Tag. {text} Could you also send the invoice for May? " * 2


def polite(text: str) -> str:
    return f"Dear team, I hope you are well. {text} Kind regards"


def marked_up(text: str) -> str:
    return f"<p>{text.replace(' ', ' <b></b>', 1)}</p>"


WRAPPINGS = (shouted, buried, polite, marked_up)
