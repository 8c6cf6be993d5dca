"""What the text of a message may be, a customer's as well as an agent's."""

from __future__ import annotations

#: Characters of the longest message.
MAX_TEXT = 8_000


def cleaned(text: str) -> str:
    """The text without control characters (newline and tab stay), halves of characters, and blanks around it."""
    return "".join(character for character in text if _is_kept(character)).strip()


def _is_kept(character: str) -> bool:
    code = ord(character)
    return character in "\n\t" or (code >= 32 and code != 127 and not 0xD800 <= code < 0xE000)
