"""What the worker runs and what the clock does: ids in, rows out; any of it may run twice or die on any line (ARCHITECTURE law 4)."""

from datetime import datetime

from flask import current_app
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from portal import people, task_queue
from portal.database import db, dispose_after_fork, present
from portal.logs import log
from portal.services import after_posting, outbox, overdue, runs, slices, sweeps, unasked
from portal.services.preview_runs import carry_out_preview
from portal.services.remotes import Outside
from portal.services.runs import SystemClock
from portal.services.syncing import carry_out

WORKER_TTL = 30
MAINTENANCE = 10
CLEANING_MINUTE = 41
"""The minute of the hour in which old mails are forgotten."""
ASKING_MINUTE = 7
"""The minute of every ten in which addresses are asked that nobody was asked about yet."""


def new_worker(queue: Queue) -> Worker:
    """A worker that forks for each job; short times, since an idle worker recovers nothing between two of them (STACK: queue)."""
    return Worker(
        [queue],
        connection=queue.connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE,
    )


def sync_run(run_id: str, attempt: int) -> None:
    """Carry out one run. Called by the worker's child within the app's context, with connections of its own."""
    dispose_after_fork()
    session, outside = db.session(), Outside.of(current_app)
    if runs.is_preview(session, run_id):
        carry_out_preview(session, outside, run_id, attempt, SystemClock(), ring)
    else:
        carry_out(session, outside, run_id, attempt, SystemClock())
    db.session.remove()


def deliver_mail(mail_id: str, attempt: int) -> None:
    """Deliver one mail. Called by the worker's child within the app's context, with connections of its own."""
    dispose_after_fork()
    outbox.deliver(db.session(), Outside.of(current_app), mail_id, attempt)
    db.session.remove()


def ring(run_id: str, attempt: int) -> None:
    """Put a run on the queue; while the queue is away the next tick does."""
    try:
        task_queue.enqueue_run(current_app.extensions["redis"], run_id, attempt)
    except task_queue.QueueUnavailable:
        log().warning("queue away; the next tick rings again", run=run_id)


def ring_mail(mail_id: str, attempt: int) -> None:
    """Put a mail on the queue; while the queue is away it is claimed anew minutes later."""
    try:
        task_queue.enqueue_mail(current_app.extensions["redis"], mail_id, attempt)
    except task_queue.QueueUnavailable:
        log().warning("queue away; the mail is rung for again", mail=mail_id)


def tick() -> None:
    """Queue what is due and mend what a lost job left behind; the clock calls it every few seconds."""
    redis = current_app.extensions["redis"]
    now = present()
    overdue.note_gap(db.session(), now)
    queued = runs.claim_due(db.session(), now, ring) + sweeps.claim_sweeps(db.session(), now, ring)
    try:
        mended = runs.sweep(db.session(), now, task_queue.waiting(redis), ring)
    except task_queue.QueueUnavailable:
        mended = 0
    queued += slices.queue_slices(db.session(), now, ring)
    tick_mails(now)
    if now.minute == CLEANING_MINUTE:
        after_posting.forget_texts(db.session(), now)
        people.forget_unused(db.session(), now)
    db.session.remove()
    if queued or mended:
        log().info("tick", queued=queued, mended=mended)


def tick_mails(now: datetime) -> None:
    """Write what is told by the clock, and ring for the mails that are due; once an hour forget the old ones."""
    session, outside = db.session(), Outside.of(current_app)
    overdue.tell_missed(session, outside, now)
    overdue.tell_digests(session, outside, now)
    if now.minute % 10 == ASKING_MINUTE:
        unasked.ask_unasked(session, outside)
    claimed = outbox.claim_due(session, now, ring_mail)
    if now.minute == CLEANING_MINUTE:
        outbox.forget_old(session, now)
    if claimed:
        log().info("mails claimed", mails=claimed)
