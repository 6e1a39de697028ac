"""The files board: every client file of the firm, worst first."""

from flask import Blueprint, render_template

from portal import questions, reports
from portal.models.accounts import Role
from portal.services import desk
from portal.web.access import current_firm, needs

blueprint = Blueprint("clients", __name__)


@blueprint.get("/")
@needs(Role.READER)
def board() -> str:
    """The first screen."""
    found = reports.board(desk.reading(), current_firm().id, desk.now())
    asked = questions.questions(desk.reading(), current_firm().id)
    return render_template("clients/board.html", board=found, questions=asked)


@blueprint.get("/board-rows")
@needs(Role.READER)
def rows() -> str:
    """The board's rows, for the page that is open."""
    found = reports.board(desk.reading(), current_firm().id, desk.now())
    return render_template("clients/_rows.html", board=found)
