"""Who stands behind a line of an order's history: a person by name, or the run in which the rules decided (SCREENS: an order)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.orders import Order
from portal.models.runs import Run, RunKind

COMMAND_LINE = "command line"
"""The actor of a run that was asked for there."""
NAMES = {
    RunKind.HOURLY: "hourly run",
    RunKind.MANUAL: "run",
    RunKind.BACKFILL: "Orders From run",
    RunKind.RETRY: "retry",
    RunKind.SWEEP: "daily comparison",
    RunKind.PREVIEW: "preview",
}


def runs_of(session: Session, order: Order) -> dict[str, Run]:
    """The runs of an order's history, by id."""
    ids = {one.run_id for one in order.attempts if one.run_id}
    return {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(ids)))} if ids else {}


def in_words(run: Run) -> str:
    """A run as the one that decided: `hourly run`, `retry asked for by Ann`.

    Whoever asked for it decided nothing, so the name stands behind the run's.
    """
    return f"{NAMES[RunKind(run.kind)]}{asked_for(run)}"


def asked_for(run: Run) -> str:
    """` asked for by Ann`; blank where the clock started the run."""
    if run.actor == COMMAND_LINE:
        return " asked for on the command line"
    return f" asked for by {run.actor}" if run.actor else ""
