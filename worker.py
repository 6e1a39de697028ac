"""`python worker.py` works the queue; `python worker.py clock` queues what is due. Both may run many times over."""

import signal
import sys
import threading

from portal import jobs, task_queue
from portal.app import create_app
from portal.logs import log

TICK_SECONDS = 5


def work() -> None:
    """Work the queue until told to stop."""
    app = create_app()
    with app.app_context():
        jobs.new_worker(task_queue.queue_of(app.extensions["redis"])).work()


def keep_time() -> None:
    """Tick until told to stop; a tick that fails is logged and the next one comes."""
    app = create_app()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(TICK_SECONDS):
        with app.app_context():
            try:
                jobs.tick()
            except Exception:
                log().exception("tick failed")


if __name__ == "__main__":
    keep_time() if sys.argv[1:] == ["clock"] else work()
