"""Checks the files of the assistant before anything is trained: file, line and reason, instead of a long traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LANGUAGES = {"de", "en"}
#: What Rasa itself brings along.
OWN_INTENTS = {"nlu_fallback"}
OWN_ACTIONS = {"action_listen", "action_restart", "action_deactivate_loop", "action_default_fallback"}
BLOCKS = {"intent", "regex", "lookup", "synonym"}


class FileError(Exception):
    """A file of the assistant can't be used."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")


def check(root: Path = Path()) -> None:
    """Raises `FileError` for the first thing that training could not use."""
    for name in ("config.yml", "endpoints.yml", "credentials.yml"):
        _mapping(root / name, _tree(root / name))
    domain = root / "domain.yml"
    fields = _fields(domain, _tree(domain))
    intents = {name for name, _ in _names(domain, fields, "intents")} | OWN_INTENTS
    forms = {str(key.value) for key, _ in _pairs(domain, fields.get("forms"))}
    responses = _responses(domain, fields)
    _examples(root / "data" / "nlu", intents)
    actions = {name for name, _ in _names(domain, fields, "actions")} | forms | responses | OWN_ACTIONS
    for path, part in ((root / "data" / "rules.yml", "rules"), (root / "data" / "stories.yml", "stories")):
        for node in _items(path, _fields(path, _tree(path)).get(part)):
            _steps(path, _fields(path, node).get("steps"), intents, actions)


def _tree(path: Path) -> Node:
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError as error:
        raise FileError(path, 1, "the file is missing") from error
    except UnicodeDecodeError as error:
        raise FileError(path, 1, f"the file is not UTF-8 text ({error.reason})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise FileError(path, mark.line + 1 if mark else 1, f"not valid YAML: {reason}") from error
    if tree is None:
        raise FileError(path, 1, "the file is empty")
    return tree


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _mapping(path: Path, node: Node) -> MappingNode:
    if not isinstance(node, MappingNode):
        raise FileError(path, _line(node), "here `name: value` is expected")
    return node


def _pairs(path: Path, node: Node | None) -> list[tuple[Node, Node]]:
    return list(_mapping(path, node).value) if node is not None else []


def _fields(path: Path, node: Node) -> dict[str, Node]:
    return {str(key.value): value for key, value in _pairs(path, node)}


def _items(path: Path, node: Node | None) -> list[Node]:
    if node is None:
        return []
    if not isinstance(node, SequenceNode):
        raise FileError(path, _line(node), "here a list is expected, each line with a hyphen")
    return list(node.value)


def _names(path: Path, fields: dict[str, Node], part: str) -> Iterator[tuple[str, int]]:
    """Names listed under a part of the domain, each with its line; an entry may carry settings of its own."""
    for node in _items(path, fields.get(part)):
        key = node.value[0][0] if isinstance(node, MappingNode) and node.value else node
        yield str(key.value), _line(node)


def _responses(path: Path, fields: dict[str, Node]) -> set[str]:
    """The names of all responses; each of them must be there in every language."""
    names: set[str] = set()
    for key, variations in _pairs(path, fields.get("responses")):
        name, found = str(key.value), set()
        for variation in _items(path, variations):
            parts = _fields(path, variation)
            if "text" not in parts and "custom" not in parts:
                raise FileError(path, _line(variation), f"a variation of {name} has no text")
            found |= _languages(path, parts.get("condition"))
        if found != LANGUAGES:
            missing = ", ".join(sorted(LANGUAGES - found))
            raise FileError(path, _line(key), f"{name} has no variation for language {missing}")
        names.add(name)
    return names


def _languages(path: Path, condition: Node | None) -> set[str]:
    if condition is None:
        return set(LANGUAGES)
    slots = [_fields(path, node) for node in _items(path, condition)]
    return {
        str(slot["value"].value) for slot in slots if "value" in slot and slot["name"].value == "language"
    } or LANGUAGES


def _examples(folder: Path, intents: set[str]) -> None:
    seen: set[str] = set()
    for path in sorted(folder.rglob("*.yml")):
        for block in _items(path, _fields(path, _tree(path)).get("nlu")):
            fields = _fields(path, block)
            kinds = BLOCKS & set(fields)
            if len(kinds) != 1:
                raise FileError(path, _line(block), f"a block needs one of {', '.join(sorted(BLOCKS))}")
            _lines(path, block, fields.get("examples"))
            if "intent" in fields:
                seen.add(str(fields["intent"].value))
                if fields["intent"].value not in intents:
                    raise FileError(path, _line(block), f"intent {fields['intent'].value} is not in domain.yml")
    if missing := intents - seen - OWN_INTENTS:
        raise FileError(folder, 1, f"there are no examples of intent {sorted(missing)[0]}, which domain.yml lists")


def _lines(path: Path, block: Node, examples: Node | None) -> None:
    if not isinstance(examples, ScalarNode) or not str(examples.value).strip():
        raise FileError(
            path, _line(examples or block), "`examples: |` must be followed by lines that begin with a hyphen"
        )
    for number, line in enumerate(str(examples.value).splitlines(), start=1):
        if line.strip() and not (line.startswith("- ") and line[2:].strip()):
            raise FileError(
                path, _line(examples) + number, f"an example must begin with a hyphen and a space: {line[:40]!r}"
            )


def _steps(path: Path, steps: Node | None, intents: set[str], actions: set[str]) -> None:
    for step in _items(path, steps):
        fields = _fields(path, step)
        if "or" in fields:
            _steps(path, fields["or"], intents, actions)
        for kind, known in (("intent", intents), ("action", actions)):
            if kind in fields and fields[kind].value not in known:
                raise FileError(path, _line(step), f"{kind} {fields[kind].value} is not in domain.yml")
