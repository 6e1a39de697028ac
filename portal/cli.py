"""Commands: `python3 -m portal connections`, `sync CONNECTION`, `preview CONNECTION`, `life CONNECTION ORDER`, `backup FILE`, `restore FILE`, `rotate-keys`, `migrate`, `seed-demo`."""

import argparse
import json
import os
import re
import secrets
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path

from flask import Flask

from portal.logs import beside_the_answer
from portal.services import operations
from portal.settings import SettingsError

LONGEST_NUMBER = 18
"""Digits of an order's number, so that it fits the database."""
DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
ONE_CONNECTION = "the connection's id or its Shop Code"
ENDINGS = (
    "--data DIR names the folder of a portal on this machine; without it, DATABASE_URL of the environment is used, else data/up or else data/demo. "
    "Exit status: 0 done; 1 it could not be done, and the message says why; 2 the command is not written as it must be; 130 Ctrl-C."
)
Command = Callable[[Flask, argparse.Namespace], int]


def main(argv: list[str], create_app: Callable[[], Flask], otherwise: str = "") -> int:
    """Carry out one command with the app that is made for it; its exit status. Faults are told in a sentence, never as a traceback.

    `otherwise` is told where settings are missing: how else to say which portal is meant.
    0: done. 1: it could not be done. 130: Ctrl-C. A command that is not written as it must be raises `SystemExit` with 2.
    """
    arguments = read(argv)
    try:
        app = create_app()
    except SettingsError as error:
        print("\n".join(filter(None, (str(error), otherwise))), file=sys.stderr)
        return 1
    command: Command = arguments.command
    with app.app_context():
        try:
            if command in OPENS:
                operations.try_ring(app)
            with beside_the_answer() if command in ANSWERS else nullcontext():
                return command(app, arguments)
        except operations.OperationFailed as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("Stopped.", file=sys.stderr)
            return 130


def read(argv: list[str]) -> argparse.Namespace:
    """A command with its arguments. Raises `SystemExit` for one that is not written as it must be, once that is told."""
    arguments = parser().parse_args(argv)
    is_preview = arguments.command is show_preview
    if is_preview and arguments.order is not None and (arguments.day_from or arguments.day_to):
        arguments.refuse("Give either days or one order, not both.")
    if is_preview and arguments.day_from and arguments.day_to and arguments.day_to < arguments.day_from:
        arguments.refuse("The day of --to lies before the one of --from.")
    return arguments


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    whole = argparse.ArgumentParser(
        prog="python3 -m portal", description="Work on a running portal's data.", epilog=ENDINGS
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, meaning: str, does: Command) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=meaning, description=f"{meaning.capitalize()}.", epilog=ENDINGS)
        made.set_defaults(command=does, refuse=made.error)
        return made

    command(
        "connections", "list every connection, with the id that the other commands take", list_connections
    )
    sync = command("sync", "start a run for a connection now and wait for it", run_sync)
    sync.add_argument(
        "connection",
        help="the connection's id, its Shop Code, or `all`; after -- where it begins with a hyphen",
    )
    add_preview_arguments(command("preview", "say what would be posted, and write nothing", show_preview))
    life = command("life", "print one order's whole life from the ledger", show_life)
    life.add_argument("connection", help=ONE_CONNECTION)
    life.add_argument("order", type=order_number, metavar="ORDER", help="the order's number in the shop")
    backup = command("backup", "write the whole database to a file", write_backup)
    backup.add_argument("file", type=Path)
    backup.add_argument("--force", action="store_true", help="overwrite a file that is there already")
    command("restore", "fill an empty database from a backup", read_backup).add_argument("file", type=Path)
    command("rotate-keys", "wrap every firm's key by the newest key", rotate)
    command("migrate", "bring the tables up to date", migrate)
    seed = command("seed-demo", "fill the demo from the sandbox", seed_demo)
    seed.add_argument("--note", type=Path, help="where the sign-in is written")
    seed.add_argument("--mailbox", default="", help="the address of the page that shows the mails")
    return whole


def add_preview_arguments(preview: argparse.ArgumentParser) -> None:
    """What a preview may be told."""
    preview.add_argument("connection", help=ONE_CONNECTION)
    preview.add_argument(
        "--from",
        dest="day_from",
        type=day,
        metavar="DATE",
        help="the first day, as 2026-07-01 or 1/7/2026; else Orders From",
    )
    preview.add_argument("--to", dest="day_to", type=day, metavar="DATE", help="the last day; else today")
    preview.add_argument(
        "--order", type=order_number, metavar="NUMBER", help="one order instead, by its number"
    )


def list_connections(app: Flask, arguments: argparse.Namespace) -> int:
    """Print every connection, one a line."""
    del app, arguments
    print("\n".join(operations.connections()))
    return 0


def run_sync(app: Flask, arguments: argparse.Namespace) -> int:
    """Run one connection, or all, here and now, and say what came of it."""
    good = True
    for line, fine in operations.sync_now(app, arguments.connection):
        print(line)
        good = good and fine
    return 0 if good else 1


def day(text: str) -> date:
    """A day as it is typed: 2026-07-01, or as Australians write it, 1/7/2026."""
    australian = DAY_MONTH_YEAR.fullmatch(text)
    try:
        if australian:
            return date(*(int(number) for number in reversed(australian.groups())))
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day; write the first of July as 2026-07-01 or 1/7/2026"
        ) from error


def order_number(text: str) -> int:
    """The number of an order as it is typed."""
    digits = text.removeprefix("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_NUMBER:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of an order; write digits alone")
    return int(digits)


def show_preview(app: Flask, arguments: argparse.Namespace) -> int:
    """Preview some days, or one order, here and now."""
    if arguments.order is not None:
        lines = operations.preview_order(app, arguments.connection, arguments.order)
    else:
        lines = operations.preview(app, arguments.connection, arguments.day_from, arguments.day_to)
    print("\n".join(lines))
    return 0


def show_life(app: Flask, arguments: argparse.Namespace) -> int:
    """Print one order's whole life."""
    del app
    print("\n".join(operations.life(arguments.connection, arguments.order)))
    return 0


def write_backup(app: Flask, arguments: argparse.Namespace) -> int:
    """Write a backup."""
    rows = operations.backup(app, arguments.file, force=arguments.force)
    print(f"Wrote {rows} rows to {arguments.file}.")
    print(
        "The key ring (CREDENTIAL_KEYS) is not in it. Keep it apart: without it the saved credentials stay sealed."
    )
    return 0


def read_backup(app: Flask, arguments: argparse.Namespace) -> int:
    """Restore a backup."""
    rows = operations.restore(app, arguments.file)
    print(
        f"Restored {rows} rows, and the key ring at hand opens what is sealed in them. The portal may be started."
    )
    return 0


def rotate(app: Flask, arguments: argparse.Namespace) -> int:
    """Rotate the key ring."""
    del arguments
    print(
        f"Wrapped the keys of {operations.rotate(app)} firms by the newest key. Older keys may now leave the ring."
    )
    return 0


def migrate(app: Flask, arguments: argparse.Namespace) -> int:
    """Bring the tables up to date."""
    del arguments
    operations.migrate(app)
    return 0


def seed_demo(app: Flask, arguments: argparse.Namespace) -> int:
    """Fill the demo, and leave the sign-in where `demo` reads it."""
    note: Path | None = arguments.note
    known = json.loads(note.read_text()) if note and note.exists() else {}
    password = known.get("password") or os.environ.get("DEMO_PASSWORD") or f"demo-{secrets.token_urlsafe(9)}"
    found = operations.seed_demo(app, password, arguments.mailbox, print)
    if note:
        note.touch(mode=0o600)
        note.write_text(json.dumps({**found, "password": password}, indent=2))
    return 0


ANSWERS = frozenset({list_connections, run_sync, show_preview, show_life})
"""Commands of which people read the answer."""
OPENS = frozenset({run_sync, show_preview})
"""Commands that open what is sealed: a key ring of another database is told before they begin."""
