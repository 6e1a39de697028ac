"""The choice of how lines with a discount are priced, on the connector page."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.models.accounts import Role
from portal.services import desk, line_prices
from portal.web.access import current_person, needs
from portal.web.connections import CONNECTION, connection_or_404

blueprint = Blueprint("line_prices", __name__)
PRICES = f"{CONNECTION}/line-prices"
CHOICES = {"percentages": False, "whole-cents": True}


@blueprint.post(PRICES)
@needs(Role.PREPARER)
def choose(connection_id: str) -> ResponseReturnValue:
    """Send discounts as percentages, or as net prices of whole cents."""
    connection = connection_or_404(connection_id)
    wanted = CHOICES.get(request.form.get("prices", ""))
    if wanted is None:
        abort(400)
    run = line_prices.choose(
        desk.session(), connection, current_person().name, desk.now(), desk.ring, whole_cents=wanted
    )
    words = "Discounts go into net prices of whole cents" if wanted else "Discounts are sent as percentages"
    flash(f"{words} from the next order on.{' Orders that waited are taken now.' if run else ''}", "success")
    return redirect(url_for("connections.edit", connection_id=connection.id, _anchor="line-prices"))


@blueprint.post(f"{PRICES}/try-again")
@needs(Role.PREPARER)
def try_again(connection_id: str) -> ResponseReturnValue:
    """Post the next order of each kind of line that differed, and read it back at once."""
    connection = connection_or_404(connection_id)
    run = line_prices.try_again(desk.session(), connection, current_person().name, desk.now(), desk.ring)
    words = (
        "Orders that waited are taken now."
        if run
        else "The connection is not enabled, so nothing is sent yet."
    )
    flash(f"The next order of each of these kinds is read back as soon as it is posted. {words}", "success")
    return redirect(url_for("connections.edit", connection_id=connection.id, _anchor="line-prices"))
