"""Reads the assistant's own examples with the line of each; the language of a file is in its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.evaluate.files import DataError, read_text

#: The language of a file that names none: its examples are meant for both.
BOTH = "both"


@dataclass(frozen=True)
class Example:
    text: str
    intent: str
    #: ``de``, ``en`` or `BOTH`.
    language: str
    path: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def read(folder: Path) -> list[Example]:
    """All examples but payloads. Raises `DataError` for the first file that can't be used."""
    if not folder.is_dir():
        raise DataError(folder, 0, "no such folder")
    paths = sorted(folder.glob("*.yml"))
    found = [one for path in paths for one in _file(path) if not one.text.startswith("/")]
    if len({one.intent for one in found}) < 2:
        raise DataError(folder, 0, "examples of at least two intents are needed")
    return found


def _file(path: Path) -> Iterator[Example]:
    parts = path.name.split(".")
    language = parts[1] if len(parts) == 3 and parts[1] in ("de", "en") else BOTH
    root = _tree(path)
    blocks = _fields(path, root).get("nlu")
    if not isinstance(blocks, SequenceNode):
        raise DataError(path, _line(root), "a list named nlu is missing")
    for block in blocks.value:
        fields = _fields(path, block)
        intent, examples = fields.get("intent"), fields.get("examples")
        if not isinstance(intent, ScalarNode) or not isinstance(examples, ScalarNode):
            raise DataError(path, _line(block), "each part needs an intent and examples")
        for line, text in _examples(path, examples):
            yield Example(text, intent.value, language, path, line)


def _examples(path: Path, node: ScalarNode) -> Iterator[tuple[int, str]]:
    # In a block (``examples: |``) the text begins on the line below.
    first = _line(node) + (node.style in ("|", ">"))
    for line, raw in enumerate(node.value.split("\n"), start=first):
        if not raw.strip():
            continue
        if not raw.startswith("- ") or not raw[2:].strip():
            raise DataError(path, line, "an example is a hyphen, a space and a text")
        yield line, raw[2:].strip()


def _tree(path: Path) -> Node:
    try:
        tree = yaml.compose(read_text(path), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise DataError(
            path, mark.line + 1 if mark else 1, f"not valid YAML: {getattr(error, 'problem', error)}"
        ) from error
    if tree is None:
        raise DataError(path, 1, "the file is empty")
    return tree


def _fields(path: Path, node: Node) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise DataError(path, _line(node), "names with values are expected")
    return {str(key.value): value for key, value in node.value}


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
