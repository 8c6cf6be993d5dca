"""compose.yaml and the Procfile start the same processes with the same commands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from honcho.environ import parse_procfile

from runtime.settings import NAMES

ROOT = Path(__file__).parents[2]
#: Of the image's own maker in compose, of the installation in the Procfile.
FOREIGN = "redis"
#: Read by libraries, not by our settings.
LIBRARIES = {
    "RASA_TELEMETRY_ENABLED",
    "SQLALCHEMY_SILENCE_UBER_WARNING",
    "BOT_URL",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
}


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def procfile() -> dict[str, str]:
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


def words(command: list[str]) -> list[str]:
    """The words of a command, whether it goes through a shell or not; `$$` is compose's way to write `$`."""
    if command[:2] == ["sh", "-c"]:
        return shlex.split(command[2].removeprefix("exec ").replace("$$", "$"))
    return command


def test_every_process_of_the_procfile_is_a_service_with_the_same_command() -> None:
    services = compose()["services"]
    for name, command in procfile().items():
        assert name in services
        if name != FOREIGN:
            assert words(services[name]["command"]) == shlex.split(command)


def test_compose_adds_nothing_but_the_database() -> None:
    assert set(compose()["services"]) - set(procfile()) == {"postgres"}


def test_only_bot_and_tickets_are_published() -> None:
    published = {name for name, service in compose()["services"].items() if "ports" in service}
    assert published == {"bot", "tickets"}


def test_every_setting_in_compose_is_known() -> None:
    assert set(compose()["x-settings"]) - LIBRARIES <= set(NAMES)


def test_the_images_build_the_environments_that_the_commands_use() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    assert "constraints/services.txt" in text
    assert "constraints/rasa.txt" in text
    targets = {service["build"]["target"] for service in compose()["services"].values() if "build" in service}
    assert all(f"AS {target}" in text for target in targets)
