"""What a page has at hand: the request's session, the outside, and the bell of the queue."""

from datetime import UTC, datetime

from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from portal import database, task_queue
from portal.logs import log
from portal.services.remotes import Outside

DatabaseAway = (OperationalError, InterfaceError)
"""What is raised when the database does not answer."""


def session() -> Session:
    """The request's session."""
    return database.session()


def reading() -> Session:
    """The request's session in a transaction that only reads, for which no writer waits."""
    database.session().rollback()
    return database.begin_reading()


def outside() -> Outside:
    """The outside of the running app."""
    return Outside.of(current_app)


def now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def ring(run_id: str, attempt: int) -> None:
    """Put a run on the queue; while the queue is away the clock's sweep does it later."""
    try:
        task_queue.enqueue_run(current_app.extensions["redis"], run_id, attempt)
    except task_queue.QueueUnavailable:
        log().warning("queue away; the clock rings again", run=run_id)


def database_answers() -> bool:
    """Whether the database answers."""
    return database.is_alive()


def queue_answers() -> bool:
    """Whether the queue's server answers."""
    try:
        task_queue.waiting(current_app.extensions["redis"])
    except task_queue.QueueUnavailable:
        return False
    return True
