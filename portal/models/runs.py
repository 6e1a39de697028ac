"""Runs: one execution for one connection; at most one open run a connection, and one open preview beside it, held by the database (SYNC §1, §7.1)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, new_id
from portal.models.connections import Connection


class RunKind(StrEnum):
    """What a run is for."""

    HOURLY = "hourly"
    MANUAL = "manual"
    BACKFILL = "backfill"
    RETRY = "retry"
    SWEEP = "sweep"
    PREVIEW = "preview"
    """Reads and writes nothing; it takes no lease, so it runs beside the others."""


class RunState(StrEnum):
    """`failed` needs somebody; `incomplete` goes on by itself (SYNC §8)."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    STOPPED = "stopped"


OPEN = (RunState.QUEUED, RunState.RUNNING)


class Run(Base):
    """One run. `attempt` grows each time its job is put on the queue again; `done` of `expected` orders are decided.

    A run with a `backfill_id` is one slice of that backfill, one with `only_order` acts on the order of this number alone; `remark` is what a person should know of a run that went well all the same.
    From `posted` to `unchanged` each order that the run looked at is counted once, under the last that became of it there: `again` failed as
    before, `waiting` is to be decided later, `unchanged` was read and left as it was; those three are `None` on runs of older versions.
    `alive_at` is when the job of a preview last said that it lives: it has no lease that would run out.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_one_open",
            "connection_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running') AND kind <> 'preview'"),
            postgresql_where=text("state IN ('queued', 'running') AND kind <> 'preview'"),
        ),
        Index(
            "uq_runs_one_open_preview",
            "connection_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running') AND kind = 'preview'"),
            postgresql_where=text("state IN ('queued', 'running') AND kind = 'preview'"),
        ),
        Index("ix_runs_history", "connection_id", "queued_at"),
        Index("ix_runs_firm", "firm_id", "queued_at"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default=RunState.QUEUED)
    actor: Mapped[str] = mapped_column(String(200), default="")
    attempt: Mapped[int] = mapped_column(default=1)
    queued_at: Mapped[datetime] = mapped_column(AwareDateTime)
    started_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    alive_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    stop_asked: Mapped[bool] = mapped_column(default=False)
    problem_code: Mapped[str | None] = mapped_column(String(40))
    problem_sentence: Mapped[str | None] = mapped_column(String(1000))
    remark: Mapped[str] = mapped_column(String(500), default="")
    read: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    posted: Mapped[int] = mapped_column(default=0)
    exists: Mapped[int] = mapped_column(default=0)
    ignored: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    again: Mapped[int | None] = mapped_column(default=0)
    waiting: Mapped[int | None] = mapped_column(default=0)
    unchanged: Mapped[int | None] = mapped_column(default=0)
    shop_calls: Mapped[int] = mapped_column(default=0)
    saasu_calls: Mapped[int] = mapped_column(default=0)
    backfill_id: Mapped[str | None] = mapped_column(ForeignKey("backfills.id"), index=True)
    only_order: Mapped[int | None] = mapped_column(BigInteger)

    connection: Mapped[Connection] = relationship()


SYNCING = Run.kind != RunKind.PREVIEW
"""The runs that act for a connection; a preview goes on beside them."""
