"""Backfills: the older orders that *Start Processing* asked for, taken in slices beside the hourly runs (SYNC §3.3)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import AwareDateTime, Base, new_id
from portal.models.connections import Connection


class BackfillState(StrEnum):
    """`running` and `paused` are open; `stopped` was ended by a person before its last order."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"


UNFINISHED = (BackfillState.RUNNING, BackfillState.PAUSED)
STATES = ", ".join(f"'{state}'" for state in BackfillState)


class Backfill(Base):
    """One backfill: every order created from `since` (the beginning of `orders_from` in the file's zone) up to `until`.

    `until` is the moment from which orders had been read before it. `cursor` is the last order id read, `read_to_end` true when
    nothing follows; `read` counts the orders the shop listed, `known` those the ledger had and left as they were. No slice begins
    before `resume_at`; `problem_code` and `problem_sentence` say why. `acts` is a list of {at, actor, act}: who did what when.
    """

    __tablename__ = "backfills"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="closed_set_of_states"),
        Index(
            "uq_backfills_one_open",
            "connection_id",
            unique=True,
            sqlite_where=text("state IN ('running', 'paused')"),
            postgresql_where=text("state IN ('running', 'paused')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    firm_id: Mapped[str] = mapped_column(ForeignKey("firms.id"), index=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"), index=True)
    orders_from: Mapped[date]
    since: Mapped[datetime] = mapped_column(AwareDateTime)
    until: Mapped[datetime] = mapped_column(AwareDateTime)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    read_to_end: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default=BackfillState.RUNNING)
    asked_by: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime] = mapped_column(AwareDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    resume_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    problem_code: Mapped[str | None] = mapped_column(String(40))
    problem_sentence: Mapped[str | None] = mapped_column(String(1000))
    read: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    acts: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)

    connection: Mapped[Connection] = relationship()
