"""Makes the two environments. Needs nothing but a Python 3 and its standard library; run by the Makefile."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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
    content = Path("pyproject.toml").read_bytes() + Path(environment.constraints).read_bytes()
    return hashlib.sha256(content + environment.extras.encode()).hexdigest()


def make(environment: Environment) -> None:
    stamp = Path(environment.folder) / "faden-stamp"
    if stamp.exists() and stamp.read_text() == stamp_of(environment):
        return
    python = find_python(environment.versions)
    if python is None:
        wanted = " or ".join(environment.versions)
        sys.exit(f"No working Python {wanted} was found for {environment.folder}. Install one, for example with "
                 f"`pyenv install {environment.versions[0]}` or `uv python install {environment.versions[0]}`, then run this again.")  # fmt: skip
    print(f"== {environment.folder}: installing with {python}; this takes some minutes the first time", flush=True)
    if not (Path(environment.folder) / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", environment.folder], check=True)
    pip = [f"{environment.folder}/bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "--upgrade", *environment.tools], check=True)
    subprocess.run([*pip, "-c", environment.constraints, "-e", f".[{environment.extras}]"], check=True)
    stamp.write_text(stamp_of(environment))
    print(f"== {environment.folder}: ready", flush=True)


def main() -> None:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    wanted = sys.argv[1:] or [SERVICES.folder, RASA.folder]
    for environment in (SERVICES, RASA):
        if environment.folder in wanted:
            make(environment)


if __name__ == "__main__":
    main()
