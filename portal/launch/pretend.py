"""The demo's part: the sandbox beside the portal, the weeks replayed into it, and the sign-in shown at the end."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.launch.folder import DataFolder
from portal.launch.house import House
from portal.launch.ports import NoPort, held_port
from portal.launch.supervisor import Child

REMOTES = ("bigcommerce", "saasu")
SERVERS = (*REMOTES, "mail", "mailbox")
SENDER = "Cartledger <cartledger@example.com>"
READY = "ready "
ARRIVING = """  The shops take some 30 orders a day, between 6 am and midnight there; each shop is read once an hour.
  To see one arrive at once: Place an order on the shops' page above; two minutes later, Sync now beside its file posts it."""


def start_sandbox(house: House) -> None:
    """Start the pretend servers and the mailbox at their ports of last time where those are free. Raises `StartFailed`, `ToldToStop`."""
    kept = house.folder.path / "sandbox.json"
    last = json.loads(kept.read_text()) if kept.exists() else {}
    ports = {name: _if_free(urlsplit(last.get(name, "")).port or 0) for name in SERVERS}
    log = house.folder.logs / "sandbox.log"
    log.unlink(missing_ok=True)
    child = house.supervisor.start(Child("sandbox", _words(house.folder, ports), house.environ, log))
    house.wait_for(child, lambda: bool(_addresses(child)))
    addresses = _addresses(child)
    kept.write_text(json.dumps(addresses))
    # Should it die, it comes back where it was.
    child.words = _words(house.folder, {name: urlsplit(addresses[name]).port or 0 for name in SERVERS})
    for remote in REMOTES:
        house.environ[f"{remote.upper()}_API_URL"] = addresses[remote]
    house.environ |= {"MAIL_URL": addresses["mail"], "MAIL_FROM": SENDER}


def _words(folder: DataFolder, ports: dict[str, int]) -> list[str]:
    given = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    return [
        sys.executable,
        "-m",
        "sandbox",
        *given,
        "--data",
        str(folder.path / "sandbox"),
        "--world",
        "demo",
    ]


def _if_free(port: int) -> int:
    try:
        with held_port("127.0.0.1", port) as free:
            return free if free == port else 0
    except NoPort:
        return 0


def _addresses(child: Child) -> dict[str, str]:
    for line in child.log.read_text(errors="replace").splitlines():
        if line.startswith(READY):
            found: dict[str, str] = json.loads(line.removeprefix(READY))
            return found
    return {}


def fill(house: House) -> None:
    """Replay the past weeks at the first start; at a later one the command finds them there. Raises as `House.run_step`."""
    mailbox = json.loads((house.folder.path / "sandbox.json").read_text())["mailbox"]
    words = ("--note", str(_note(house.folder)), "--mailbox", mailbox)
    house.run_step("seed-demo", "filling the demo", *words)


def _note(folder: DataFolder) -> Path:
    return folder.path / "demo.json"


def _files(login: dict[str, Any]) -> str:
    """The files of a pretend login, and whose they are where the demo's firm has them."""
    if login.get("taken"):
        return f"the {len(login['files'])} that the demo's firm has already"
    return ", ".join(login.get("files", []))


def show_sign_in(folder: DataFolder, say: Callable[[str], None]) -> None:
    """Tell the sign-in of the demo's firm, and the pretend logins and shops a newcomer can connect by herself."""
    note = json.loads(_note(folder).read_text())
    say(f"  Sign in with    {note['email']}\n  Password        {note['password']}\n")
    for name, address in note.get("pages", {}).items():
        say(f"  {name:<16}{address}")
    say(f"\n{ARRIVING}")
    for login in note.get("logins", []):
        code = f", code {login['code']}" if login.get("code") else ""
        say(f"\n  Pretend Saasu   {login['username']}, password {login['password']}{code}")
        say(f"    Its files     {_files(login)}")
    for store in note.get("stores", []):
        say(f"\n  Pretend shop    {store.get('name', '')}")
        for name, value in store.items():
            if name != "name":
                say(f"    {name.replace('_', ' ').title().replace('Id', 'ID'):<14}{value}")
    say("")
