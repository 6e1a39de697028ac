"""A real Valkey of the proof's own, as the product starts it; it may be stopped and started again."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.launch import valkey

START_SECONDS = 20


class Valkey:
    """A server whose rows and socket lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = valkey.socket_path(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises `RuntimeError`."""
        self._process = subprocess.Popen(
            valkey.command(self._folder, self.path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + START_SECONDS
        while not valkey.answers(self.path):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the Valkey of the proof did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it; twice is no fault."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def valkey_running(folder: Path) -> Iterator[Valkey]:
    """A Valkey for as long as the block lasts."""
    server = Valkey(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
