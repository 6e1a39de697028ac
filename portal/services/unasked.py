"""Addresses that were typed into a connection before an address had to confirm: each is asked once, by itself (SYNC §10)."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.database import new_id
from portal.models.connections import Connection
from portal.models.mails import MailAddress
from portal.services import addresses, outbox
from portal.services.remotes import Outside


def ask_unasked(session: Session, outside: Outside) -> int:
    """Ask every address that an enabled connection notifies and that nobody was ever asked about. Commits; how many were asked.

    Where the day's questions are used up, or there is no mail server, the rest is asked another time.
    """
    if not outbox.has_server(outside.settings):
        return 0
    asked = sum(ask_one(session, outside, firm_id, address) for firm_id, address in unasked(session))
    session.rollback()
    return asked


def unasked(session: Session) -> list[tuple[str, str]]:
    """Firms and addresses without a question, each once."""
    known = {
        (row.firm_id, row.address)
        for row in session.execute(select(MailAddress.firm_id, MailAddress.address))
    }
    notified = session.scalars(
        select(Connection)
        .where(Connection.enabled, Connection.notify, Connection.notification_email != "")
        .order_by(Connection.created_at, Connection.id)
    )
    wanted = [(one.firm_id, address) for one in notified for address in addresses.kept(one)]
    return [pair for pair in dict.fromkeys(wanted) if pair not in known]


def ask_one(session: Session, outside: Outside, firm_id: str, address: str) -> bool:
    """Ask one address; false where the day's questions are used up, or another clock was faster. Commits."""
    now = outside.now()
    row = MailAddress(id=new_id(), firm_id=firm_id, address=address, asked_at=now)
    if not addresses.may_ask(session, row, now):
        return False
    session.add(row)
    try:
        session.flush()
        addresses.ask(session, outside, row)
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True
