"""`up` and `demo`: everything that makes a portal on one machine, started in order, watched, and stopped together."""

import argparse
import os
import sys
from pathlib import Path

from portal.launch import house, pretend
from portal.launch.folder import DataFolder, FolderBusy, NoFolder
from portal.launch.house import House, StartFailed
from portal.launch.ports import NoPort, held_port
from portal.launch.supervisor import Supervisor
from portal.launch.valkey import NoServer
from portal.settings import VARIABLES, project_folder

DEFAULT_PORT = 8000


def main(argv: list[str]) -> int:
    """Run `up …` or `demo …` until told to stop. Returns the exit status."""
    options = parser(argv[0]).parse_args(argv[1:])
    supervisor = Supervisor(say=say)
    supervisor.listen()
    try:
        with DataFolder(options.data).held(), held_port(options.host, options.port) as port:
            if options.port not in (0, port):
                say(f"Port {options.port} is taken; using {port}.")
            return serve(options, supervisor, port)
    except (FolderBusy, NoFolder, NoPort, NoServer, StartFailed) as fault:
        print(fault, file=sys.stderr)
        return 1


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, flush=True)


def parser(command: str) -> argparse.ArgumentParser:
    """The options of `up` and `demo`."""
    is_demo = command == "demo"
    made = argparse.ArgumentParser(
        prog=f"python3 -m portal {command}",
        description=(
            "Starts a pretend shop, a pretend Saasu and a portal filled from them. Settings of the environment are not used."
            if is_demo
            else "Starts the portal, its worker and its clock. Settings of the environment are used where they are set."
        ),
    )
    made.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="8000, or the next free one; 0 takes any"
    )
    made.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    folder = project_folder() / "data" / command
    made.add_argument(
        "--data", type=Path, default=folder, help=f"the folder it keeps everything in ({folder})"
    )
    made.add_argument("--no-wait", action="store_true", help="stop again as soon as everything has answered")
    made.set_defaults(demo=is_demo, development=is_demo)
    if not is_demo:
        made.add_argument("--development", action="store_true", help="allow API addresses on this machine")
    return made


def serve(options: argparse.Namespace, supervisor: Supervisor, port: int) -> int:
    """Start everything in order, tell where it is, watch it, stop it."""
    place = House(DataFolder(options.data), supervisor, _environment(options, port), options.host, port)
    try:
        place.start_queue()
        if options.demo:
            pretend.start_sandbox(place)
        house.check_settings(place.environ)
        place.folder.remember(place.addresses())
        place.run_step("migrate", "bringing the tables up to date")
        if options.demo:
            pretend.fill(place)
        place.start_portal()
        say(f"\nCartledger is ready: {place.environ['BASE_URL']}\n")
        if options.demo:
            pretend.show_sign_in(place.folder, say)
        say(f"Everything is kept in {place.folder.path}. Ctrl-C stops it.")
        if not options.no_wait:
            supervisor.watch()
    except house.ToldToStop:
        pass
    finally:
        supervisor.stop()
    say("Stopped.")
    return 0


def _environment(options: argparse.Namespace, port: int) -> dict[str, str]:
    """The variables of every process. The demo takes nothing from the environment: it must never fill a real database."""
    ours = {variable.name for variable in VARIABLES}
    given = {name: value for name, value in os.environ.items() if not (options.demo and name in ours)}
    folder = DataFolder(options.data)
    shown = f"[{options.host}]" if ":" in options.host else options.host
    kept = {} if given.get("SECRET_KEY") and given.get("CREDENTIAL_KEYS") else folder.keys()
    usual = {
        "APP_ENV": "production",
        "DATABASE_URL": f"sqlite:///{folder.path}/portal.sqlite3",
        "BASE_URL": f"http://{shown}:{port}",
        "DATA_DIR": str(folder.path),
        **kept,
    }
    fixed = {"PYTHONUNBUFFERED": "1"} | ({"APP_ENV": "development"} if options.development else {})
    return {**usual, **{name: value for name, value in given.items() if value}, **fixed}
