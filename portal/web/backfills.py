"""A backfill's page: how far it is, what became of its orders, and the buttons that pause, resume and stop it."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.models.accounts import Role
from portal.models.backfills import Backfill
from portal.services import backfills, desk, progress, run_counts
from portal.web.access import current_firm, current_person, needs
from portal.web.filters import in_zone_of

blueprint = Blueprint("backfills", __name__)
BACKFILL = "/backfills/<string(length=22):backfill_id>"


def backfill_or_404(backfill_id: str) -> Backfill:
    """The firm's backfill."""
    return backfills.backfill_of(desk.session(), current_firm().id, backfill_id) or abort(404)


def page(backfill: Backfill, template: str) -> str:
    """The page, or the part of it that changes while it is open."""
    session = desk.session()
    in_zone_of(backfill.connection.file)
    return render_template(
        template,
        backfill=backfill,
        progress=progress.progress_of(session, desk.outside(), backfill),
        slices=progress.slices_of(session, backfill),
        outcomes=progress.outcomes_of(session, backfill),
        counted=run_counts.counted,
    )


@blueprint.get(BACKFILL)
@needs(Role.READER)
def show(backfill_id: str) -> str:
    """One backfill."""
    return page(backfill_or_404(backfill_id), "backfills/show.html")


@blueprint.get(f"{BACKFILL}/live")
@needs(Role.READER)
def live(backfill_id: str) -> str:
    """What changes on its page while it is under way."""
    return page(backfill_or_404(backfill_id), "backfills/_live.html")


@blueprint.post(f"{BACKFILL}/pause")
@needs(Role.PREPARER)
def pause(backfill_id: str) -> ResponseReturnValue:
    """Begin no slice until somebody resumes it."""
    return act(
        backfill_id, lambda one: backfills.pause(desk.session(), one, current_person().name, desk.now())
    )


@blueprint.post(f"{BACKFILL}/resume")
@needs(Role.PREPARER)
def resume(backfill_id: str) -> ResponseReturnValue:
    """Go on, or try again now."""
    return act(
        backfill_id,
        lambda one: backfills.resume(desk.session(), one, current_person().name, desk.now(), desk.ring),
    )


@blueprint.post(f"{BACKFILL}/stop")
@needs(Role.PREPARER)
def stop(backfill_id: str) -> ResponseReturnValue:
    """End it; what waits is left out."""
    return act(
        backfill_id, lambda one: backfills.stop(desk.session(), one, current_person().name, desk.now())
    )


def act(backfill_id: str, doing: Callable[[Backfill], bool]) -> ResponseReturnValue:
    """Do something with a backfill and show it; where somebody was faster, say so."""
    backfill = backfill_or_404(backfill_id)
    if not doing(backfill):
        flash("Somebody was faster: it is no longer what the page showed.", "warning")
    return redirect(url_for("backfills.show", backfill_id=backfill_id))
