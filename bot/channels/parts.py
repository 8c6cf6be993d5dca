"""A message of the thread, cut and dressed for one channel."""

from __future__ import annotations

from bot.channels.protocol import Channel, Outgoing
from bot.channels.rich import Span, spans_of, split
from tickets.contracts import Choice, Language, Message


def parts(channel: Channel, message: Message, customer_id: str, language: Language, *, late: bool) -> list[Outgoing]:
    """The parts in order; the last one carries the choices. Trying again gives the same parts and keys."""
    limits = channel.limits
    spans, native = (*spans_of(message.text), *_article(message)), _native(channel, message, late)
    if message.choices and native != message.choices:
        spans = (*spans, *_numbered(message.choices))

    def size(piece: tuple[Span, ...]) -> int:
        return limits.measure(channel.render(piece))

    pieces = split(spans, limits.late_text if late else limits.text, size)
    if native:
        pieces = [*pieces[:-1], *split(pieces[-1], limits.with_choices, size)]
    made = []
    for number, piece in enumerate(pieces):
        chosen = native if number == len(pieces) - 1 else ()
        references = tuple(reference(message.cursor, index) for index in range(len(chosen)))
        key = f"{customer_id} {message.cursor} {number}"
        made.append(Outgoing(piece, chosen, references, language, late, key, message.author))
    return made


def reference(cursor: str, index: int) -> str:
    """What a button carries: short enough for every platform, and no way to make up a payload."""
    return f"c:{cursor}:{index}"


def referred(choice: str) -> tuple[str, int] | None:
    """Cursor and index of a reference that came back."""
    kind, _, rest = choice.partition(":")
    cursor, _, index = rest.partition(":")
    return (cursor, int(index)) if kind == "c" and cursor and index.isascii() and index.isdigit() else None


def _native(channel: Channel, message: Message, late: bool) -> tuple[Choice, ...]:
    """The choices as buttons. Where a title is too long, the text lists them and the buttons show the numbers."""
    limits, choices = channel.limits, message.choices
    if late or len(choices) > limits.choices:
        return ()
    if all(len(choice.title) <= limits.title for choice in choices):
        return choices
    return tuple(Choice(title=str(number), payload=choice.payload) for number, choice in enumerate(choices, 1))


def _article(message: Message) -> tuple[Span, ...]:
    if not message.article or message.article.url in message.text:
        return ()
    return (Span("\n\n"), Span(message.article.title, link=message.article.url))


def _numbered(choices: tuple[Choice, ...]) -> tuple[Span, ...]:
    lines = "\n".join(f"{number}) {choice.title}" for number, choice in enumerate(choices, 1))
    return (Span("\n\n"), Span(lines))
