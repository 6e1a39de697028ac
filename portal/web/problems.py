"""The problems catalogue: what each code says, why, whose turn it is and what to do; made from the code itself (SYNC §8)."""

from flask import Blueprint, render_template

from portal.models.accounts import Role
from portal.sync.problems import MEANINGS, ORDER_CODES, REASONS, Code
from portal.web.access import needs

blueprint = Blueprint("problems", __name__)


@blueprint.get("/problems")
@needs(Role.READER)
def catalogue() -> str:
    """Every problem there is, those of an order first, and every reason to leave an order out."""
    of_orders = [code for code in Code if code in ORDER_CODES]
    of_runs = [code for code in Code if code not in ORDER_CODES]
    return render_template(
        "problems/catalogue.html", of_orders=of_orders, of_runs=of_runs, meanings=MEANINGS, reasons=REASONS
    )
