"""The commands on a portal's rows (`portal.cli`), on the settings of the environment or on a data folder's."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import cli
from portal.app import create_app
from portal.launch import valkey
from portal.launch.folder import DataFolder, FolderBusy, NoFolder
from portal.launch.house import StartFailed, start_valkey
from portal.launch.supervisor import Supervisor
from portal.settings import project_folder


def main(argv: list[str]) -> int:
    """Run one command of `portal.cli`. `--data DIR`, anywhere, names the folder of an `up` or `demo`. Returns the exit status."""
    reader = argparse.ArgumentParser(
        prog=" ".join(["python3 -m portal", *argv[:1]]), add_help=False, allow_abbrev=False
    )
    reader.add_argument("--data", type=Path)
    options, words = reader.parse_known_args(argv)
    folder = options.data or _folder_at_hand()
    if folder is None:
        return cli.main(
            words, create_app, f"Or name the folder of a portal on this machine. {where_folders_lie()}"
        )
    known = DataFolder(folder)
    if not known.environment():
        print(f"No portal was ever started on {known.path}. {where_folders_lie()}", file=sys.stderr)
        return 1
    os.environ.update(known.environment())
    try:
        with queue_running(known):
            return cli.main(words, create_app)
    except (FolderBusy, NoFolder, StartFailed, valkey.NoServer) as fault:
        print(fault, file=sys.stderr)
        return 1


def where_folders_lie() -> str:
    """Which folders `--data` may name."""
    demo, up = (usual_folder(name) for name in ("demo", "up"))
    return f"`demo` keeps everything in {demo} and `up` in {up}, unless started with another --data DIR; give the same --data DIR here."


def usual_folder(command: str) -> Path:
    """The folder that `demo` or `up` uses where none is named."""
    return project_folder() / "data" / command


def _folder_at_hand() -> Path | None:
    """Where nothing is set in the environment: the folder of `up`, else of `demo`, if there is one."""
    if os.environ.get("DATABASE_URL"):
        return None
    usual = (usual_folder(name) for name in ("up", "demo"))
    return next((folder for folder in usual if DataFolder(folder).now_file.exists()), None)


@contextmanager
def queue_running(folder: DataFolder) -> Iterator[None]:
    """Lend the folder's own queue server to a command while no portal runs there."""
    path = valkey.socket_path(folder.path / "redis")
    if os.environ.get("REDIS_URL") != valkey.address(path) or valkey.answers(path):
        yield
        return
    supervisor = Supervisor()
    with folder.held():
        try:
            start_valkey(folder, supervisor)
            yield
        finally:
            supervisor.stop()
