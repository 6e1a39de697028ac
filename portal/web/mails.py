"""The firm's mails, and the pages behind the two links of a mail that work without a sign-in."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import reports
from portal.models.accounts import Role
from portal.models.mails import Mail, MailAddress
from portal.services import addresses, connections, desk, outbox
from portal.services.addresses import NotAsked
from portal.web.access import current_firm, needs

blueprint = Blueprint("mails", __name__)
MAIL = "/mails/<string(length=22):mail_id>"
ADDRESS = "/mail-addresses/<string(length=22):address_id>"
LINK = "<string(length=22):token>"


def mail_or_404(mail_id: str) -> Mail:
    """The firm's mail."""
    return reports.mail_of(desk.session(), current_firm().id, mail_id) or abort(404)


def address_or_404(address_id: str) -> MailAddress:
    """The firm's address."""
    return addresses.address_of(desk.session(), current_firm().id, address_id) or abort(404)


@blueprint.get("/mails")
@needs(Role.READER)
def listing() -> str:
    """What was mailed, to whom, when, or why not; newest first."""
    page = request.args.get("page", 1, type=int)
    connection = request.args.get("connection")
    found = reports.mails_of(desk.reading(), current_firm().id, connection, page)
    return render_template(
        "mails/listing.html",
        mails=found,
        page=page,
        connection=connection,
        more=len(found) == reports.PAGE,
        has_mail_server=outbox.has_server(desk.outside().settings),
    )


@blueprint.post(f"{MAIL}/send-again")
@needs(Role.PREPARER)
def send_again(mail_id: str) -> ResponseReturnValue:
    """Try a mail anew that was given up."""
    mail = mail_or_404(mail_id)
    connection_id = mail.connection_id
    if outbox.send_again(desk.session(), mail, desk.now()):
        flash("It is tried again within a minute.", "success")
    else:
        flash("There is nothing left of this mail to send; the next run writes a new one.", "error")
    return redirect(url_for("mails.listing", connection=connection_id))


@blueprint.post(f"{ADDRESS}/ask-again")
@needs(Role.PREPARER)
def ask_again(address_id: str) -> ResponseReturnValue:
    """Send the question to an address once more."""
    row = address_or_404(address_id)
    address = row.address
    connection = connections.connection_of(
        desk.session(), current_firm().id, request.form.get("connection", "")
    )
    back = (
        url_for("connections.edit", connection_id=connection.id, _anchor="notifications")
        if connection
        else url_for("mails.listing")
    )
    try:
        addresses.ask_again(desk.session(), desk.outside(), row)
    except NotAsked as reason:
        flash(str(reason), "error")
    else:
        flash(f"The question is on its way to {address}.", "success")
    return redirect(back)


@blueprint.route(f"{ADDRESS}/confirm/{LINK}", methods=["GET", "POST"])
def confirm(address_id: str, token: str) -> ResponseReturnValue:
    """The question behind the link of its mail. Only the button confirms: programs that look into mails follow links."""
    found = addresses.question(desk.session(), address_id, token, desk.now()) or abort(404)
    if request.method == "POST" and addresses.confirm(desk.session(), address_id, token, desk.now()):
        return redirect(url_for("mails.confirm", address_id=address_id, token=token))
    return render_template("mails/confirm.html", found=found), 410 if found.state == "expired" else 200


@blueprint.route(f"{ADDRESS}/stop/{LINK}", methods=["GET", "POST"])
def stop(address_id: str, token: str) -> ResponseReturnValue:
    """*No more of these mails*: the button ends them."""
    found = addresses.stopping(desk.session(), desk.outside(), address_id, token) or abort(404)
    if request.method == "POST" and addresses.stop(desk.session(), desk.outside(), address_id, token):
        return redirect(url_for("mails.stop", address_id=address_id, token=token))
    return render_template("mails/stop.html", found=found)
