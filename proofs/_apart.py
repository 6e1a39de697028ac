"""Work done in processes of their own, some at a time: what one of them changes in the product, no other sees."""

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar, cast

from proofs._servers import NotObeyed

Found = TypeVar("Found")
FORKING = multiprocessing.get_context("fork")


class Crashed(Exception):
    """A process did not end its work; the text is its traceback."""


class Apart(Generic[Found]):
    """One piece of work in a forked process."""

    def __init__(self, work: Callable[[], Found]) -> None:
        self.receiver, sender = FORKING.Pipe(duplex=False)
        self._process = FORKING.Process(target=_carry_out, args=(work, sender), daemon=False)
        self._process.start()
        sender.close()

    def result(self) -> Found:
        """What the work came to. Raises `Crashed`."""
        try:
            found = self.receiver.recv()
        except EOFError:
            found = Crashed("a process ended without a word")
        self._process.join()
        if isinstance(found, Crashed):
            raise found
        return cast("Found", found)

    def stop(self) -> None:
        """End the process where it still works."""
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()


def _carry_out(work: Callable[[], object], sender: Connection) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        found = work()
    except NotObeyed as fault:
        found = Crashed(str(fault))
    except BaseException:
        found = Crashed(traceback.format_exc())
    sender.send(found)
    sender.close()


def in_turn(works: Sequence[Callable[[], Found]], lanes: int) -> list[Found | Crashed]:
    """Carry all of them out, each in a process of its own; in the order they were given.

    So many lanes go at once. Work N goes down lane N modulo their number, and no two of one lane at the same time: what
    shares a lane may share servers whose clock it sets.
    """
    waiting = [list(range(lane, len(works), lanes)) for lane in range(lanes)]
    running: dict[int, tuple[int, Apart[Found]]] = {}
    found: dict[int, Found | Crashed] = {}
    try:
        while any(waiting) or running:
            for lane, places in enumerate(waiting):
                if places and lane not in running:
                    place = places.pop(0)
                    running[lane] = (place, Apart(works[place]))
            ready = wait([one.receiver for _, one in running.values()])
            for lane in [lane for lane, (_, one) in running.items() if one.receiver in ready]:
                place, one = running.pop(lane)
                try:
                    found[place] = one.result()
                except Crashed as crashed:
                    found[place] = crashed
    finally:
        for _, one in running.values():
            one.stop()
    return [found[place] for place in range(len(works))]
