"""Reads tables and JSON lines that others made; each error names file, line and reason."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

#: A cell may be as long as the longest text that anybody measures with.
LONGEST_CELL = 10_000_000


class DataError(ValueError):
    """A file can't be measured with; the message names file, line and reason."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")


def read_table(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a table with a header, separated by tabs or commas;
    quotes as a spreadsheet writes them."""
    text = read_text(path)
    header = text.partition("\n")[0]
    delimiter = "\t" if "\t" in header else ","
    rows = list(_parsed(path, text, delimiter, csv.QUOTE_MINIMAL))
    if delimiter == "\t" and any("\n" in cell and "\t" in cell for _, row in rows for cell in row):
        # A lone quote swallowed the lines after it: quotes are meant as text in this file.
        rows = list(_parsed(path, text, delimiter, csv.QUOTE_NONE))
    if not rows:
        raise DataError(path, 1, "the file is empty")
    names = [name.strip() for name in rows[0][1]]
    if missing := [column for column in columns if column not in names]:
        raise DataError(path, 1, f"missing column {', '.join(missing)}; the header has {', '.join(names) or 'nothing'}")
    if len(rows) == 1:
        raise DataError(path, 1, "there is no row below the header")
    for line, row in rows[1:]:
        if len(row) != len(names):
            raise DataError(path, line, f"{len(row)} cells where the header has {len(names)}")
        yield line, dict(zip(names, row, strict=True))


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line of JSON."""
    empty = True
    for line, raw in enumerate(read_text(path).split("\n"), start=1):
        if not raw.strip():
            continue
        empty = False
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise DataError(path, line, f"not valid JSON: {error}") from error
        if not isinstance(found, dict):
            raise DataError(path, line, "each line must be a JSON object")
        yield line, found
    if empty:
        raise DataError(path, 1, "the file is empty")


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(path, line, f"not UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise DataError(path, 0, error.strerror or "can't be read") from error


def _parsed(path: Path, text: str, delimiter: str, quoting: int) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    begins = 1
    try:
        for row in reader:
            if row:
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(path, reader.line_num, str(error)) from error
