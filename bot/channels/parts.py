"""A message of the thread, cut and dressed for one channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.channels.protocol import Channel, FileLimits, OutFile, Outgoing
from bot.channels.rich import Span, spans_of, split
from bot.texts import say
from tickets.contracts import Choice, Language, Message

Size = Callable[[tuple[Span, ...]], int]


def parts(
    channel: Channel,
    message: Message,
    customer_id: str,
    language: Language,
    *,
    late: bool,
    address: str = "",
    files: tuple[OutFile, ...] = (),
) -> list[Outgoing]:
    """The parts in order: the text, whose last part carries the choices, then the files, with the end of the text where
    the platform puts both into one. What it takes no files of is a link in the text.
    Trying again gives the same parts."""
    limits, rules = channel.limits, allowed(channel, address, late=late)
    going = tuple(one for one in files if rules.takes(one.media_type, one.size))
    linked = tuple(one for one in files if one not in going)
    spans = (*spans_of(message.text), *_article(message))
    spans = (*spans, *_linked(linked, language, after_text=bool(spans)))
    native = _native(channel, message, late)
    if message.choices and native != message.choices:
        spans = (*spans, *_numbered(message.choices))

    def size(piece: tuple[Span, ...]) -> int:
        return limits.measure(channel.render(piece))

    pieces = split(spans, limits.late_text if late else limits.text, size)
    if native:
        pieces = [*pieces[:-1], *split(pieces[-1], limits.with_choices, size)]
    said = [Outgoing(piece, (), (), language, late, "", message.author) for piece in pieces]
    if native and said:
        references = tuple(reference(message.cursor, index) for index in range(len(native)))
        said[-1] = replace(said[-1], choices=native, references=references)
    said = _with_files(said, going, rules, size, Outgoing((), (), (), language, late, "", message.author))
    return [replace(part, key=f"{customer_id} {message.cursor} {number}") for number, part in enumerate(said)]


def allowed(channel: Channel, address: str, *, late: bool) -> FileLimits:
    """What may go to this address as a file now."""
    return FileLimits() if late and not channel.limits.late_files else channel.files_for(address)


def as_links(part: Outgoing) -> Outgoing:
    """The part without its files, whose addresses stand in its text instead."""
    linked = _linked(part.files, part.language, after_text=bool(part.spans))
    return replace(part, spans=(*part.spans, *linked), files=())


def _with_files(
    said: list[Outgoing], files: tuple[OutFile, ...], rules: FileLimits, size: Size, empty: Outgoing
) -> list[Outgoing]:
    groups = _groups(files, rules)
    if (
        groups
        and said
        and not said[-1].choices
        and groups[0][0].kind not in rules.bare
        and size(said[-1].spans) <= rules.caption
    ):
        said = [*said[:-1], replace(said[-1], files=groups.pop(0))]
    return [*said, *(replace(empty, files=group) for group in groups)]


def _groups(files: tuple[OutFile, ...], rules: FileLimits) -> list[tuple[OutFile, ...]]:
    """The files, as many to a part as it takes."""
    groups: list[tuple[OutFile, ...]] = []
    for one in files:
        fits = (
            groups
            and len(groups[-1]) < rules.together
            and sum(each.size for each in groups[-1]) + one.size <= rules.total
        )
        groups = [*groups[:-1], (*groups[-1], one)] if fits else [*groups, (one,)]
    return groups


def _linked(files: tuple[OutFile, ...], language: Language, *, after_text: bool) -> tuple[Span, ...]:
    """Addresses of files, a line each."""
    found: list[Span] = []
    for number, one in enumerate(files):
        if number or after_text:
            found.append(Span("\n" if number else "\n\n"))
        found.append(Span(one.name or say(language, "file"), link=one.url))
    return tuple(found)


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
