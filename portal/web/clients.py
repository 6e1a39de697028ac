"""The files board: every client file of the firm, worst first."""

from typing import Any

from flask import Blueprint, render_template

from portal import questions, reports
from portal.models.accounts import Role
from portal.services import allowances, desk, progress
from portal.web.access import current_firm, needs

blueprint = Blueprint("clients", __name__)


@blueprint.get("/")
@needs(Role.READER)
def board() -> str:
    """The first screen."""
    asked = questions.questions(desk.reading(), current_firm().id)
    return render_template("clients/board.html", **found(), questions=asked)


@blueprint.get("/board-rows")
@needs(Role.READER)
def rows() -> str:
    """The board's rows, for the page that is open."""
    return render_template("clients/_rows.html", **found())


def found() -> dict[str, Any]:
    """What the board shows: its rows, the calls of each file, and the backfills under way by connection."""
    session, firm_id, now = desk.reading(), current_firm().id, desk.now()
    return {
        "board": reports.board(session, firm_id, now),
        "given": allowances.allowances_by_file(session, firm_id, now),
        "underway": progress.underway(session, firm_id),
    }
