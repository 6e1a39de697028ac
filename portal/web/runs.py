"""Run history, and one run with its orders arriving."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import reports
from portal.models.accounts import Role
from portal.models.orders import Order
from portal.models.runs import OPEN, Run, RunKind
from portal.questions import Asked
from portal.services import desk, run_counts, runs
from portal.sync.problems import Code
from portal.web.access import current_firm, needs
from portal.web.filters import in_zone_of
from portal.web.orders import asked_of

blueprint = Blueprint("runs", __name__)
RUN = "/runs/<string(length=22):run_id>"


def run_or_404(run_id: str) -> Run:
    """The firm's run."""
    return reports.run_of(desk.session(), current_firm().id, run_id) or abort(404)


@blueprint.get("/runs")
@needs(Role.READER)
def history() -> str:
    """The firm's runs, newest first."""
    page = request.args.get("page", 1, type=int)
    connection = request.args.get("connection")
    found = reports.runs_of(desk.reading(), current_firm().id, connection, page)
    return render_template(
        "runs/history.html",
        runs=found,
        page=page,
        connection=connection,
        more=len(found) == reports.PAGE,
        counted=run_counts.counted,
        looked_at=run_counts.looked_at,
    )


def page_of(template: str, run_id: str) -> str:
    """A run's page, or the part of it that changes."""
    run = run_or_404(run_id)
    in_zone_of(run.connection.file)
    outcomes = reports.run_outcomes(desk.reading(), current_firm().id, run.id)
    asked = asked_of(run.connection_id) if run.problem_code == Code.FLOOD else ()
    return render_template(
        template,
        run=run,
        outcomes=outcomes,
        is_open=run.state in OPEN,
        questions=[one for one in asked if one.asked is Asked.FLOOD],
        order=only_order_of(run),
        counted=run_counts.counted(run),
        looked_at=run_counts.looked_at(run),
        newest_left=run_counts.newest_left(run),
    )


def only_order_of(run: Run) -> Order | None:
    """The order that a run is about alone, as it stands now; `None` for every other run."""
    if run.only_order is None:
        return None
    found = reports.orders_of(
        desk.session(), run.firm_id, connection_id=run.connection_id, number=f"#{run.only_order}"
    )
    return found[0] if found else None


@blueprint.get(RUN)
@needs(Role.READER)
def show(run_id: str) -> ResponseReturnValue:
    """One run; a preview has a page of its own."""
    if run_or_404(run_id).kind == RunKind.PREVIEW:
        return redirect(url_for("previews.show", preview_id=run_id))
    return page_of("runs/show.html", run_id)


@blueprint.get(f"{RUN}/live")
@needs(Role.READER)
def live(run_id: str) -> str:
    """What changes on a run's page while it runs."""
    return page_of("runs/_live.html", run_id)


@blueprint.post(f"{RUN}/stop")
@needs(Role.PREPARER)
def stop(run_id: str) -> ResponseReturnValue:
    """Stop after the order it is on."""
    run = run_or_404(run_id)
    if run.backfill_id is not None:
        flash("This is a part of a backfill: pause or stop the whole there.", "warning")
        return redirect(url_for("backfills.show", backfill_id=run.backfill_id))
    runs.ask_to_stop(desk.session(), run)
    return redirect(url_for("runs.show", run_id=run.id))
