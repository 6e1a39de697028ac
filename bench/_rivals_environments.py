"""The environments of the rivals: each a venv in a cache folder, made when it is first needed; nothing of theirs is in the project.

A `sitecustomize` inside turns calls to BigCommerce's address to the pretend shop, and lets nothing reach beyond this machine.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHOP_VARIABLE = "CARTLEDGER_RIVALS_SHOP"
INSTALL_SECONDS = 240
STAMP = "cartledger-rivals.json"
TURNING = f'''
import os
import socket

SHOP = os.environ.get("{SHOP_VARIABLE}")
REAL = "https://api.bigcommerce.com/"
if SHOP:
    from requests.adapters import HTTPAdapter

    send, connect = HTTPAdapter.send, socket.socket.connect

    def turned(self, request, *words, **named):
        if request.url.startswith(REAL):
            request.url = SHOP + "/" + request.url[len(REAL):]
        return send(self, request, *words, **named)

    def kept_here(self, address):
        if self.family != socket.AF_UNIX and address[0] != "127.0.0.1":
            raise OSError("only the pretend shop may be reached from here")
        return connect(self, address)

    HTTPAdapter.send, socket.socket.connect = turned, kept_here
'''


class NotHad(Exception):
    """A rival cannot be had or does not run; the text is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """What a rival's environment holds: the words of each installation, one after the other, and the command that reads."""

    name: str
    installs: tuple[tuple[str, ...], ...]
    shown: tuple[str, ...]
    command: str


AIRBYTE = Packages(
    name="airbyte",
    # The pairing that the package asks for, CDK 1.0.0, cannot be imported by Python 3.11; with this one it runs.
    installs=(("--no-deps", "airbyte-source-bigcommerce==0.2.22"), ("airbyte-cdk==4.6.2",)),
    shown=("airbyte-source-bigcommerce", "airbyte-cdk"),
    command="source-bigcommerce",
)
SINGER = Packages(
    name="singer",
    installs=(("tap-bigcommerce==1.1.3",),),
    shown=("tap-bigcommerce", "singer-python"),
    command="tap-bigcommerce",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """A rival that is installed: its command, and the versions of what counts."""

    command: Path
    versions: dict[str, str]


def environment(packages: Packages, cache: Path) -> Environment:
    """The environment of a rival, made now unless an earlier run did. Raises `NotHad`."""
    folder = cache / packages.name
    stamp = folder / STAMP
    wanted = {"python": sys.version, "installs": json.loads(json.dumps(packages.installs))}
    try:
        if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
            make(folder, packages)
            stamp.write_text(json.dumps(wanted))
        turn(folder)
    except OSError as fault:
        raise NotHad(f"{packages.name}: no environment could be made below {cache}: {fault}") from fault
    command = folder / "bin" / packages.command
    if not command.exists():
        raise NotHad(f"{packages.name}: the package brought no command {packages.command}.")
    return Environment(command, versions(folder, packages.shown))


def make(folder: Path, packages: Packages) -> None:
    """A new environment with the packages in it, by uv where there is one, else by pip. Raises `NotHad`."""
    print(f"Setting up {packages.name} in {folder} …", file=sys.stderr, flush=True)
    python = str(folder / "bin" / "python")
    run([sys.executable, "-m", "venv", "--clear", str(folder)], packages.name)
    uv = shutil.which("uv")
    for words in packages.installs:
        if uv:
            try:
                run([uv, "pip", "install", "--quiet", "--python", python, *words], packages.name)
                continue
            except NotHad:
                uv = None
        run([python, "-m", "pip", "install", "--quiet", *words], packages.name)


def turn(folder: Path) -> None:
    """Put the `sitecustomize` in place that turns calls to the pretend shop."""
    for packages in folder.glob("lib/python*/site-packages"):
        (packages / "sitecustomize.py").write_text(TURNING)


def run(words: Sequence[str], name: str) -> None:
    """One step of an installation. Raises `NotHad` with the last thing it said."""
    environ = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    try:
        done = subprocess.run(
            words, check=False, env=environ, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NotHad(f"{name}: {Path(words[0]).name} was not done in {INSTALL_SECONDS} s.") from None
    if done.returncode:
        raise NotHad(f"{name} could not be installed: {last_line(done.stderr or done.stdout)}")


def versions(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The versions of some packages in an environment; of those only that are there."""
    asked = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    said = subprocess.run(
        [folder / "bin" / "python", "-c", asked], capture_output=True, text=True, check=False
    )
    found = json.loads(said.stdout) if said.returncode == 0 else {}
    return {name: found[name] for name in names if name in found}


def last_line(said: str) -> str:
    """The last line of what a program said, cut to a sentence's length."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing."
