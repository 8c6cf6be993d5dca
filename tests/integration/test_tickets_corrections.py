"""Agents' corrections of anger reach the folder from which the next training reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.settings import Settings
from tickets.app import _export
from tickets.storage.database import Database, address
from tickets.storage.models import AngerCorrection


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"VAR_DIR": str(tmp_path)}, env_file="/dev/null")


async def test_corrections_are_written_by_language_and_none_where_there_are_none(
    settings: Settings, tmp_path: Path
) -> None:
    database = Database(address("", settings.var_dir))
    await database.upgrade()
    async with database.write() as session:
        session.add(correction("calm", "ach was,\nalles gut"))
    await _export(database, tmp_path / "anger")
    assert (tmp_path / "anger" / "de.tsv").read_text() == "label\ttext\ncalm\tach was, alles gut\n"
    assert not (tmp_path / "anger" / "en.tsv").exists()


def correction(label: str, text: str) -> AngerCorrection:
    return AngerCorrection(
        ref="F-1",
        customer_id="cus_1",
        cursor="1-0",
        language="de",
        label=label,
        text=text,
        score=0.9,
        agent_id="a",
        at=datetime.now(UTC),
    )
