"""The outbox: mails are rows written with what they tell, claimed by the clock and delivered by a job (SYNC §10).

A mail is sent at least once. Whoever dies between the server's yes and the commit leaves a mail that is claimed again minutes later and
sent once more under the same Message-ID, by which mail programs know it. A server that is down only makes mails late.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.clients.mailer import Envelope, MailNotNow, MailRefused, MailTrouble, mailer_for
from portal.database import begin_reading, changed_rows, new_id
from portal.logs import log
from portal.models.mails import Mail, MailAddress
from portal.services import mail_links
from portal.services.remotes import Outside, firm_vault
from portal.settings import Settings
from portal.sync.letters import Letter, html_of, text_of
from portal.sync.notices import Kind

CLAIMED_FOR = timedelta(minutes=5)
"""So long a claim holds: longer than any delivery takes. A mail whose worker died is due again after it."""

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
LAST_WAIT = timedelta(hours=2)
PATIENCE = timedelta(days=5)
KEPT_FOR = timedelta(days=90)
CLAIM_AT_ONCE = 50

NO_SERVER = "This portal has no mail server set up."
STOPPED = "Its reader has asked for no more mails."
FAULT = "Something went wrong on our side while sending it."

Ring = Callable[[str, int], None]
"""Puts a mail's id and attempt on the queue; a lost ring costs the minutes of a claim."""


def has_server(settings: Settings) -> bool:
    """Whether mails can leave at all."""
    return bool(settings.mail_url)


def put(
    session: Session,
    outside: Outside,
    *,
    firm_id: str,
    to: str,
    kind: Kind,
    letter: Letter,
    connection_id: str | None = None,
    run_id: str | None = None,
    topic: str = "",
) -> Mail:
    """Add a mail to the outbox; the caller commits. Without a mail server it is kept as not sent, and never queued."""
    now = outside.now()
    keys = firm_vault(session, outside.vault, firm_id)
    mail = Mail(
        id=new_id(),
        firm_id=firm_id,
        connection_id=connection_id,
        run_id=run_id,
        kind=kind,
        topic=topic,
        to_address=to,
        subject=letter.subject[:250],
        created_at=now,
        due_at=now,
    )
    if has_server(outside.settings):
        mail.text = keys.seal(mail.id, "text", text_of(letter))
        mail.html = keys.seal(mail.id, "html", html_of(letter))
    else:
        mail.gave_up_at, mail.trouble = now, NO_SERVER
    session.add(mail)
    return mail


def claim_due(session: Session, now: datetime, ring: Ring) -> int:
    """Claim the mails that are due, and ring for each. Commits. Returns how many.

    Two clocks may find the same mail; the conditional update lets one of them have it.
    """
    session.rollback()
    due = begin_reading().execute(
        select(Mail.id, Mail.attempts)
        .where(Mail.sent_at.is_(None), Mail.gave_up_at.is_(None), Mail.due_at <= now)
        .order_by(Mail.due_at)
        .limit(CLAIM_AT_ONCE)
    )
    found = [(mail_id, attempts) for mail_id, attempts in due]
    session.rollback()
    claimed = [one for one in found if claim(session, one[0], one[1], now)]
    for mail_id, attempts in claimed:
        ring(mail_id, attempts + 1)
    return len(claimed)


def claim(session: Session, mail_id: str, attempts: int, now: datetime) -> bool:
    """Take a mail for the next minutes, unless somebody else did. Commits."""
    changed = session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.attempts == attempts, Mail.sent_at.is_(None), Mail.due_at <= now)
        .values(attempts=attempts + 1, due_at=now + CLAIMED_FOR)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return changed_rows(changed) == 1


def deliver(session: Session, outside: Outside, mail_id: str, attempt: int) -> bool:
    """Carry out one claim of a mail; false when it was sent, given up or claimed anew meanwhile, or was not taken. Commits."""
    mail = session.get(Mail, mail_id, populate_existing=True)
    if mail is None or mail.sent_at or mail.gave_up_at or mail.attempts != attempt:
        session.rollback()
        return False
    try:
        envelope = envelope_of(session, outside, mail)
        session.commit()
        settings = outside.settings
        mailer_for(settings.mail_url, settings.mail_from, own_host(settings)).send(envelope)
    except MailTrouble as trouble:
        session.rollback()
        return not_sent(session, mail_id, attempt, trouble, outside.now())
    except Exception as fault:
        session.rollback()
        log().error("fault in a mail", mail=mail_id, exc_info=fault)
        return not_sent(session, mail_id, attempt, MailNotNow(FAULT), outside.now())
    settle(session, mail_id, attempt, sent_at=outside.now(), text=None, html=None, trouble="")
    log().info("mail sent", mail=mail_id)
    return True


def envelope_of(session: Session, outside: Outside, mail: Mail) -> Envelope:
    """The mail opened, ready to be sent. Raises `MailRefused` where it must not be sent any more."""
    if not has_server(outside.settings):
        raise MailRefused(NO_SERVER)
    keys = firm_vault(session, outside.vault, mail.firm_id)
    address = session.scalar(
        select(MailAddress).where(MailAddress.firm_id == mail.firm_id, MailAddress.address == mail.to_address)
    )
    is_question = mail.kind == Kind.CONFIRM
    if not is_question and (address is None or address.stopped_at is not None):
        raise MailRefused(STOPPED)
    assert mail.text is not None
    assert mail.html is not None
    return Envelope(
        name=mail.id,
        to=mail.to_address,
        subject=mail.subject,
        text=keys.open(mail.id, "text", mail.text),
        html=keys.open(mail.id, "html", mail.html),
        at=mail.created_at,
        stop_url=""
        if is_question or address is None
        else mail_links.stop_url(outside.settings, keys, address.id),
    )


def own_host(settings: Settings) -> str:
    """The name this portal goes by among mail servers."""
    return urlsplit(settings.base_url).hostname or "localhost"


def not_sent(session: Session, mail_id: str, attempt: int, trouble: MailTrouble, now: datetime) -> bool:
    """Write down why a mail was not taken: for good, or until when. Commits. Returns false."""
    mail = session.get_one(Mail, mail_id)
    for_good = isinstance(trouble, MailRefused) or now - mail.created_at >= PATIENCE
    wait = WAITS[attempt - 1] if attempt <= len(WAITS) else LAST_WAIT
    values = {"gave_up_at": now} if for_good else {"due_at": now + wait}
    settle(session, mail_id, attempt, trouble=trouble.sentence[:300], **values)
    log().warning("mail not sent", mail=mail_id, attempt=attempt, for_good=for_good)
    return False


def settle(session: Session, mail_id: str, attempt: int, **values: object) -> None:
    """Write the outcome of a claim, unless the mail was claimed anew meanwhile. Commits."""
    session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.attempts == attempt, Mail.sent_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def send_again(session: Session, mail: Mail, now: datetime) -> bool:
    """Let a mail that was given up be tried anew; false where its words were never kept or it is under way. Commits."""
    changed = session.execute(
        update(Mail)
        .where(Mail.id == mail.id, Mail.gave_up_at.is_not(None), Mail.text.is_not(None))
        .values(gave_up_at=None, due_at=now, trouble="")
    )
    session.commit()
    return changed_rows(changed) == 1


def forget_old(session: Session, now: datetime) -> int:
    """Remove mails older than 90 days. Commits. Returns how many."""
    gone = session.execute(delete(Mail).where(Mail.created_at < now - KEPT_FOR))
    session.commit()
    return changed_rows(gone)
