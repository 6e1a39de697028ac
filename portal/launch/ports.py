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

    The port is bound as if for ourselves alone, so a port somebody uses is noticed; shared only then, so that gunicorn,
    which asks for SO_REUSEPORT, may bind beside us. We never listen, so no connection comes to us.
    """
    for port in range(first, first + HOW_FAR) if first else (0,):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as hold:
            try:
                hold.bind((host, port))
            except (OSError, OverflowError):
                continue
            hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            yield hold.getsockname()[1]
            return
    raise NoPort(
        f"No port from {first} to {first + HOW_FAR - 1} is free on {host}. Choose another with --port."
    )
