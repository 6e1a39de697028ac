"""Which port the portal answers at, held so that nobody else takes it before the web server does."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOW_FAR = 100


class NoPort(Exception):
    """No port is free; the text is a sentence."""


@contextmanager
def held_port(host: str, first: int) -> Iterator[int]:
    """The first free port from `first` on (0: any), held for the block. Raises `NoPort`.

    SO_REUSEADDR is asked for, as every server does: connections of a portal that was stopped a moment ago linger for a minute and
    would else make its port look taken. Once bound, the port is ours alone, so nobody else gets it; shared only with gunicorn,
    which asks for SO_REUSEPORT. We never listen, so no connection comes to us.
    """
    for port in range(first, first + HOW_FAR) if first else (0,):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as hold:
            hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                hold.bind((host, port))
            except (OSError, OverflowError):
                continue
            hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            yield hold.getsockname()[1]
            return
    raise NoPort(
        f"No port from {first} to {first + HOW_FAR - 1} is free on {host}. Choose another with --port."
    )
