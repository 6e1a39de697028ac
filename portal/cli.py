"""Commands: `python3 -m portal sync CONNECTION`, `preview CONNECTION`, `life CONNECTION ORDER`, `backup FILE`, `restore FILE`, `rotate-keys`, `migrate`, `seed-demo`."""

import argparse
import json
import os
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
Command = Callable[[Flask, argparse.Namespace], int]


def main(argv: list[str], create_app: Callable[[], Flask]) -> int:
    """Carry out one command with the app that is made for it; its exit status. Faults are told in a sentence, never as a traceback."""
    arguments = parser().parse_args(argv)
    try:
        app = create_app()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    command: Command = arguments.command
    with app.app_context():
        try:
            with beside_the_answer() if command in ANSWERS else nullcontext():
                return command(app, arguments)
        except operations.OperationFailed as error:
            print(error, file=sys.stderr)
            return 2 if isinstance(error, operations.NothingThere) else 1


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    whole = argparse.ArgumentParser(prog="python3 -m portal", description="Work on a running portal's data.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    sync = commands.add_parser("sync", help="start a run for a connection now and wait for it")
    sync.add_argument(
        "connection",
        help="the connection's id, its Shop Code, or `all`; after -- where it begins with a hyphen",
    )
    sync.set_defaults(command=run_sync)
    preview = commands.add_parser("preview", help="say what would be posted, and write nothing")
    preview.add_argument("connection", help="the connection's id or its Shop Code")
    preview.add_argument(
        "--from",
        dest="day_from",
        type=day,
        metavar="DATE",
        help="the first day, as 2026-07-01; else Orders From",
    )
    preview.add_argument("--to", dest="day_to", type=day, metavar="DATE", help="the last day; else today")
    preview.add_argument(
        "--order", type=order_number, metavar="NUMBER", help="one order instead, by its number"
    )
    preview.set_defaults(command=show_preview)
    life = commands.add_parser("life", help="print one order's whole life from the ledger")
    life.add_argument("connection", help="the connection's id or its Shop Code")
    life.add_argument("order", type=order_number, metavar="ORDER", help="the order's number in the shop")
    life.set_defaults(command=show_life)
    backup = commands.add_parser("backup", help="write the whole database to a file")
    backup.add_argument("file", type=Path)
    backup.set_defaults(command=write_backup)
    restore = commands.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file", type=Path)
    restore.set_defaults(command=read_backup)
    commands.add_parser("rotate-keys", help="wrap every firm's key by the newest key").set_defaults(
        command=rotate
    )
    commands.add_parser("migrate", help="bring the tables up to date").set_defaults(command=migrate)
    seed = commands.add_parser("seed-demo", help="fill the demo from the sandbox")
    seed.add_argument("--note", type=Path, help="where the sign-in is written")
    seed.add_argument("--mailbox", default="", help="the address of the page that shows the mails")
    seed.set_defaults(command=seed_demo)
    return whole


def run_sync(app: Flask, arguments: argparse.Namespace) -> int:
    """Run one connection, or all, here and now, and say what came of it."""
    good = True
    for line, fine in operations.sync_now(app, arguments.connection):
        print(line)
        good = good and fine
    return 0 if good else 1


def day(text: str) -> date:
    """A day as it is typed: 2026-07-01."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as 2026-07-01") from error


def order_number(text: str) -> int:
    """The number of an order as it is typed."""
    digits = text.removeprefix("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_NUMBER:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of an order; write digits alone")
    return int(digits)


def show_preview(app: Flask, arguments: argparse.Namespace) -> int:
    """Preview some days, or one order, here and now."""
    if arguments.order is not None and (arguments.day_from or arguments.day_to):
        raise operations.OperationFailed("Give either days or one order, not both.")
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
    rows = operations.backup(app, arguments.file)
    print(f"Wrote {rows} rows to {arguments.file}.")
    print(
        "The key ring (CREDENTIAL_KEYS) is not in it. Keep it apart: without it the saved credentials stay sealed."
    )
    return 0


def read_backup(app: Flask, arguments: argparse.Namespace) -> int:
    """Restore a backup."""
    rows = operations.restore(app, arguments.file)
    print(
        f"Restored {rows} rows. Start the portal with the key ring that was in use when the backup was written."
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


ANSWERS = frozenset({run_sync, show_preview, show_life})
"""Commands of which people read the answer."""
