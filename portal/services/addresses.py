"""The addresses a firm notifies: each is asked once, confirmed by a link, and may stop its mails at any time (SYNC §10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import new_id
from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.mails import Mail, MailAddress
from portal.services import mail_links, outbox
from portal.services.remotes import Outside, firm_vault
from portal.sync.notice_words import confirmation
from portal.sync.notices import Kind

MOST, LONGEST_FIELD = 10, 500
LINK_LIVES = timedelta(days=7)
ASK_AGAIN_AFTER = timedelta(minutes=5)
ASK_STOPPED_AFTER = timedelta(days=7)
DAY = timedelta(hours=24)
QUESTIONS_TO_ONE = 5
QUESTIONS_OF_FIRM = 30
"""Questions in 24 hours: to one address by all firms together, and by one firm to all addresses."""

NONE_GIVEN = "Give an e-mail address, or untick Notification Email."
TOO_MANY = "Too many questions were sent today; try again tomorrow."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an address stands with a firm. `state`: confirmed, waiting, expired or stopped; `since` when that began."""

    id: str
    address: str
    state: str
    since: datetime


class NotAsked(Exception):
    """The question is not sent now; the message says why."""


def addresses_in(words: str) -> tuple[str, ...]:
    """The addresses of a field, comma separated, each once and lower-case. Raises `ValueError` with a sentence for what is none."""
    found = []
    for part in words.replace(";", ",").split(","):
        if not part.strip():
            continue
        try:
            checked = validate_email(part.strip(), check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise ValueError(f"“{part.strip()[:100]}” is not an e-mail address.") from None
        found.append((checked.ascii_email or checked.normalized).lower())
    each = tuple(dict.fromkeys(found))
    if len(each) > MOST or len(", ".join(each)) > LONGEST_FIELD:
        raise ValueError(f"Give at most {MOST} addresses.")
    return each


def fault_of(words: str, *, wanted: bool) -> str:
    """What is wrong with the field, or blank. Without the tick it may be empty, but not wrong."""
    try:
        found = addresses_in(words)
    except ValueError as error:
        return str(error)
    return NONE_GIVEN if wanted and not found else ""


def ask_new(session: Session, outside: Outside, firm_id: str, wanted: Sequence[str]) -> None:
    """Ask the addresses that were never asked, and those whose link ran out. The caller commits.

    Where the day's questions are used up the address is kept without one; *Send again* asks it.
    """
    known = {row.address: row for row in rows_of(session, firm_id, wanted)}
    now = outside.now()
    for address in wanted:
        row = known.get(address)
        if row is None:
            row = MailAddress(id=new_id(), firm_id=firm_id, address=address, asked_at=now)
            session.add(row)
        elif row.confirmed_at or row.stopped_at or now - row.asked_at < LINK_LIVES:
            continue
        if may_ask(session, row, now):
            ask(session, outside, row)


def ask(session: Session, outside: Outside, row: MailAddress) -> None:
    """Write the mail that asks an address; its former link ends. The caller commits."""
    token = mail_links.new_token()
    row.token_digest = mail_links.digest_of(token)
    row.asked_at = outside.now()
    firm = session.get_one(Firm, row.firm_id)
    url = mail_links.confirm_url(outside.settings, row.id, token)
    letter = confirmation(firm.name, row.address, url)
    outbox.put(session, outside, firm_id=row.firm_id, to=row.address, kind=Kind.CONFIRM, letter=letter)


def ask_again(session: Session, outside: Outside, row: MailAddress) -> None:
    """Ask an address once more because a person wants to. Commits. Raises `NotAsked` with a sentence."""
    now = outside.now()
    state = standing(row, now)
    if state.state == "confirmed":
        raise NotAsked(f"{row.address} is confirmed already.")
    if row.stopped_at and now - row.stopped_at < ASK_STOPPED_AFTER:
        raise NotAsked(f"{row.address} has asked for no more mails; it can be asked again after a week.")
    if row.token_digest and now - row.asked_at < ASK_AGAIN_AFTER:
        raise NotAsked(f"{row.address} was asked a moment ago. Wait five minutes, then send it again.")
    if not may_ask(session, row, now):
        raise NotAsked(TOO_MANY)
    if not outbox.has_server(outside.settings):
        raise NotAsked(outbox.NO_SERVER)
    ask(session, outside, row)
    session.commit()


def may_ask(session: Session, row: MailAddress, now: datetime) -> bool:
    """Whether the day's questions to this address, and of this firm, leave room for one more."""
    questions = select(func.count()).where(
        Mail.kind == Kind.CONFIRM, Mail.created_at > now - DAY, Mail.trouble != outbox.NO_SERVER
    )
    to_one = session.scalar(questions.where(Mail.to_address == row.address)) or 0
    of_firm = session.scalar(questions.where(Mail.firm_id == row.firm_id)) or 0
    return to_one < QUESTIONS_TO_ONE and of_firm < QUESTIONS_OF_FIRM


def rows_of(session: Session, firm_id: str, wanted: Sequence[str]) -> Sequence[MailAddress]:
    """A firm's rows of some addresses, in the order of the addresses."""
    found = session.scalars(
        select(MailAddress).where(MailAddress.firm_id == firm_id, MailAddress.address.in_(wanted))
    ).all()
    return sorted(found, key=lambda row: list(wanted).index(row.address))


def address_of(session: Session, firm_id: str, address_id: str) -> MailAddress | None:
    """A firm's address, or `None`."""
    return session.scalar(
        select(MailAddress).where(MailAddress.firm_id == firm_id, MailAddress.id == address_id)
    )


def standings(session: Session, connection: Connection, now: datetime) -> list[Standing]:
    """How the addresses of a connection stand."""
    return [standing(row, now) for row in rows_of(session, connection.firm_id, kept(connection))]


def kept(connection: Connection) -> tuple[str, ...]:
    """The addresses that a connection notifies; of what an older version kept unchecked, those that are some."""
    found: list[str] = []
    for part in connection.notification_email.replace(";", ",").split(","):
        try:
            found += addresses_in(part)
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def standing(row: MailAddress, now: datetime) -> Standing:
    """How one address stands."""
    if row.stopped_at:
        state, since = "stopped", row.stopped_at
    elif row.confirmed_at:
        state, since = "confirmed", row.confirmed_at
    else:
        state, since = "expired" if expired(row, now) else "waiting", row.asked_at
    return Standing(id=row.id, address=row.address, state=state, since=since)


def expired(row: MailAddress, now: datetime) -> bool:
    """Whether the link of the last question has run out."""
    return now - row.asked_at >= LINK_LIVES


def open_to(session: Session, connection: Connection) -> list[MailAddress]:
    """The addresses of a connection that a notice may go to: confirmed, and not stopped."""
    rows = rows_of(session, connection.firm_id, kept(connection))
    return [row for row in rows if row.confirmed_at and not row.stopped_at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the page behind a link shows: the address and who asks. `state` as in `Standing`."""

    address: str
    firm: str
    state: str


def question(session: Session, address_id: str, token: str, now: datetime) -> Question | None:
    """What a link of a question asks, or `None` where it is none of ours or another one followed it."""
    row = session.get(MailAddress, address_id)
    if row is None or not mail_links.is_token(token, row.token_digest):
        return None
    return Question(
        address=row.address, firm=session.get_one(Firm, row.firm_id).name, state=standing(row, now).state
    )


def confirm(session: Session, address_id: str, token: str, now: datetime) -> bool:
    """Confirm an address, one that had stopped too; false where the link is no good any more. Commits."""
    row = session.get(MailAddress, address_id)
    if row is None or not mail_links.is_token(token, row.token_digest) or expired(row, now):
        session.rollback()
        return False
    row.confirmed_at, row.stopped_at = row.confirmed_at or now, None
    session.commit()
    return True


def stopping(session: Session, outside: Outside, address_id: str, token: str) -> Question | None:
    """What a link of *No more of these mails* is about, or `None` where it is none of ours."""
    row = session.get(MailAddress, address_id)
    if row is None:
        return None
    keys = firm_vault(session, outside.vault, row.firm_id)
    if not mail_links.is_stop_token(keys, row.id, token):
        return None
    firm = session.get_one(Firm, row.firm_id)
    return Question(address=row.address, firm=firm.name, state=standing(row, outside.now()).state)


def stop(session: Session, outside: Outside, address_id: str, token: str) -> bool:
    """End the mails of a firm to an address; false where the link is none of ours. Commits."""
    if stopping(session, outside, address_id, token) is None:
        session.rollback()
        return False
    row = session.get_one(MailAddress, address_id)
    row.stopped_at = row.stopped_at or outside.now()
    row.token_digest = ""
    session.commit()
    return True
