"""Makes the two environments. Needs nothing but a Python 3 and its standard library; run by the Makefile."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

#: Written into an environment once it is complete; holds what it was made from.
STAMP = "faden-stamp"


class SetupError(Exception):
    """An environment can't be made; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    folder: str
    versions: tuple[str, ...]
    extras: str
    constraints: str
    #: Rasa's old pins build only with old tools.
    tools: tuple[str, ...] = ("pip",)


SERVICES = Environment(".venv", ("3.11", "3.12", "3.13"), "services,test", "constraints/services.txt")
RASA = Environment(".venv-rasa", ("3.10",), "rasa", "constraints/rasa.txt", ("pip<25", "setuptools<70", "wheel"))


def candidates(version: str) -> Iterator[str]:
    """Where a Python of this version may be; a name on the PATH can be a shim that fails, so none is believed yet."""
    if found := shutil.which(f"python{version}"):
        yield found
    roots = [os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv"), "/opt/pyenv", "/usr/local/pyenv"]
    for root in filter(None, roots):
        yield from sorted(map(str, Path(root).glob(f"versions/{version}.*/bin/python")), reverse=True)
    if shutil.which("uv"):
        subprocess.run(["uv", "python", "install", version], check=False)
        found = subprocess.run(
            ["uv", "python", "find", version], check=False, capture_output=True, text=True
        ).stdout.strip()
        if found:
            yield found


def python_version(python: str) -> str:
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", probe], capture_output=True, text=True, check=True).stdout.strip()


def works(python: str, version: str) -> bool:
    """Whether this Python starts, has the version, and can make environments."""
    probe = "import sys, ssl, sqlite3, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def find_python(versions: tuple[str, ...]) -> str | None:
    for version in versions:
        for python in candidates(version):
            if works(python, version):
                return python
    return None


def stamp_of(environment: Environment) -> str:
    # What stands behind the first tool's section is not about packages.
    project = Path("pyproject.toml").read_bytes().partition(b"[tool.")[0]
    content = project + Path(environment.constraints).read_bytes()
    return hashlib.sha256(content + environment.extras.encode()).hexdigest()


def is_ready(environment: Environment) -> bool:
    stamp = Path(environment.folder) / STAMP
    return stamp.exists() and stamp.read_text() == stamp_of(environment)


def make(environment: Environment) -> None:
    """Raises `SetupError` with what to do about it."""
    python = find_python(environment.versions)
    if python is None:
        wanted, first = " or ".join(environment.versions), environment.versions[0]
        raise SetupError(
            f"No working Python {wanted} was found for {environment.folder}. Install one, for example with "
            f"`pyenv install {first}` or `uv python install {first}`, then run this again."
        )
    print(f"== {environment.folder}: installing with {python}; this takes some minutes the first time", flush=True)
    if not works(f"{environment.folder}/bin/python", python_version(python)):
        _call([python, "-m", "venv", "--clear", environment.folder], environment)
    pip = [f"{environment.folder}/bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    _call([*pip, "--upgrade", *environment.tools], environment)
    _call([*pip, "-c", environment.constraints, "-e", f".[{environment.extras}]"], environment)
    (Path(environment.folder) / STAMP).write_text(stamp_of(environment))
    print(f"== {environment.folder}: ready", flush=True)


def _call(command: list[str], environment: Environment) -> None:
    """Runs a step; what it printed is shown only when it fails, a sign of life every half minute."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        step = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while True:
            try:
                code = step.wait(timeout=30)
                break
            except subprocess.TimeoutExpired:
                print(f"== {environment.folder}: still installing, {time.monotonic() - started:.0f} s", flush=True)
        if code:
            output.seek(0)
            raise SetupError(f"{output.read()[-4000:]}\n{environment.folder}: this failed: {' '.join(command)}")


def main() -> None:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    wanted = sys.argv[1:] or [SERVICES.folder, RASA.folder]
    missing = [one for one in (SERVICES, RASA) if one.folder in wanted and not is_ready(one)]
    with ThreadPoolExecutor() as both:
        done = [both.submit(make, environment) for environment in missing]
    failed = [str(one.exception()) for one in done if one.exception()]
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
