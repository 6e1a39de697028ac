"""Keeps tests on this machine: no address of the environment is used, and no connection leaves the loopback."""

import os
import socket
from ipaddress import ip_address
from typing import Any

from portal.settings import VARIABLES, is_this_machine

OTHER_VARIABLES = ("DATA_DIR", "GUNICORN_CMD_ARGS", "FLASK_APP", "FLASK_DEBUG", "RQ_KEY_PREFIX")
PREFIXES = ("PG", "FLASK_RUN_")


class LeftTheMachine(Exception):
    """A test tried to reach an address that is not this machine."""


def scrub_environment() -> None:
    """Forget every setting of the environment, databases and proxies included, and say `development`."""
    ours = {variable.name for variable in VARIABLES} | set(OTHER_VARIABLES)
    for name in list(os.environ):
        if name in ours or name.startswith(PREFIXES) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["APP_ENV"] = "development"


def refuse_network() -> None:
    """Let sockets of this process connect to this machine alone, and look up no other name."""
    real_connect, real_connect_ex, real_look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return real_connect_ex(self, address)

    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not _is_number(name) and not is_this_machine(name):
            raise LeftTheMachine(f"a test looked up {name}")
        return real_look_up(host, *rest, **named)

    socket.socket.connect = connect  # type: ignore[assignment, method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[assignment, method-assign]
    socket.getaddrinfo = look_up


def _check(family: int, address: Any) -> None:
    if family in {socket.AF_INET, socket.AF_INET6} and not is_this_machine(str(address[0])):
        raise LeftTheMachine(f"a test tried to connect to {address[0]}")


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
