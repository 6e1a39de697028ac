"""A data folder: what one portal on this machine keeps, its keys, its lock, and the addresses of what runs now."""

import base64
import fcntl
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from portal.launch.valkey import private_folder

KEYS_HEADING = """# The keys of this portal, made at its first start. Nobody but you may read this file.
# Keep a copy of it apart from the backups of the database: whoever holds both can read the saved credentials,
# and without this file nobody can.
"""
NOW_HEADING = "# Where this portal keeps its rows and where it answers; written at each start.\n"


class FolderBusy(Exception):
    """Another portal runs on this data folder."""


class NoFolder(Exception):
    """The data folder cannot be made, or not be written to; the text is a sentence with what to do."""


class DataFolder:
    """The folder given with `--data`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.keys_file = self.path / "keys.env"
        self.now_file = self.path / "portal.env"
        self.logs = self.path / "logs"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, for this user alone, and keep others from starting on it. Raises `FolderBusy`, `NoFolder`."""
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise FolderBusy(
                    f"A portal already runs on {self.path}. Stop it first, or give this one a folder of its own with --data."
                ) from None
            yield

    def _lock_file(self) -> TextIO:
        try:
            private_folder(self.path)
            private_folder(self.logs)
            return (self.path / "lock").open("w")
        except OSError as error:
            raise NoFolder(
                f"{self.path} cannot be used as a folder: {error.strerror or error}. Name another one with --data."
            ) from error

    def keys(self) -> dict[str, str]:
        """SECRET_KEY and CREDENTIAL_KEYS of this folder, made at the first start and kept."""
        if not self.keys_file.exists():
            write_private(
                self.keys_file,
                KEYS_HEADING,
                {
                    "SECRET_KEY": secrets.token_urlsafe(48),
                    "CREDENTIAL_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
                },
            )
        return read_variables(self.keys_file)

    def remember(self, environ: Mapping[str, str]) -> None:
        """Note the addresses of this start, for the commands that work on this folder."""
        write_private(self.now_file, NOW_HEADING, environ)

    def environment(self) -> dict[str, str]:
        """Every variable that this folder knows: its keys and the addresses of its last start."""
        known: dict[str, str] = {}
        for file in (self.now_file, self.keys_file):
            if file.exists():
                known |= read_variables(file)
        return known


def write_private(path: Path, heading: str, variables: Mapping[str, str]) -> None:
    """Write `NAME=value` lines to a file that only this user may read; whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(heading + "".join(f"{name}={value}\n" for name, value in variables.items()))
    draft.replace(path)


def read_variables(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
