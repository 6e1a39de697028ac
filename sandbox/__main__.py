"""`python -m sandbox`: both servers and the mailbox until a signal ends them; says `ready {...}` when they listen."""

import argparse
import json
import signal
import threading
from pathlib import Path
from types import FrameType

from sandbox.serve import running
from sandbox.world import WORLDS


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Pretend BigCommerce, pretend Saasu and a pretend mailbox on loopback."
    )
    parser.add_argument("--bigcommerce-port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--saasu-port", type=int, default=0, help="0 takes any free port")
    parser.add_argument(
        "--mail-port", type=int, default=0, help="where mails are taken; 0 takes any free port"
    )
    parser.add_argument(
        "--mailbox-port", type=int, default=0, help="where they are shown; 0 takes any free port"
    )
    parser.add_argument("--data", type=Path, default=None, help="keep shops and books in this folder")
    parser.add_argument(
        "--world", choices=sorted(WORLDS), default="empty", help="what is there at the first start"
    )
    chosen = parser.parse_args(arguments)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    ports = (chosen.bigcommerce_port, chosen.saasu_port, chosen.mail_port, chosen.mailbox_port)
    with running(chosen.world, chosen.data, *ports) as servers:
        addresses = {
            "bigcommerce": servers.bigcommerce_url,
            "saasu": servers.saasu_url,
            "mail": servers.mail_url,
            "mailbox": servers.mailbox_url,
        }
        print("ready", json.dumps(addresses), flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
