"""Firms sign themselves up; people sign in and out; every session is a row that the server can end (ASVS 7.4.1)."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.database import new_id
from portal.models.accounts import Firm, Membership, Person, Role, WebSession
from portal.vault import Vault

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LEAST_PASSWORD = 12
LONGEST_PASSWORD = 1024
IDLE = timedelta(hours=8)
LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
OBVIOUS = ("password", "cartledger", "123456", "qwerty", "letmein", "bigcommerce", "saasu")
NOBODY = HASHER.hash(secrets.token_urlsafe(16))
"""Verified for an unknown address, so that it takes as long as a known one."""


class NotSignedUp(Exception):
    """The sign-up cannot be accepted; `faults` maps a field to a sentence."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


def sign_up(
    session: Session, vault: Vault, *, firm_name: str, name: str, email: str, password: str, now: datetime
) -> Person:
    """Make a firm, its first person as owner, and the firm's data key. Commits. Raises `NotSignedUp`."""
    address, faults = checked_email(email)
    fault = password_fault(password, (firm_name, name, address))
    if fault:
        faults["password"] = fault
    if not faults and session.scalar(select(Person.id).where(Person.email == address)) is not None:
        faults["email"] = "Somebody has signed up with this e-mail already. Sign in instead."
    if faults:
        raise NotSignedUp(faults)
    firm_id = new_id()
    wrapped, key_id = vault.new_data_key(firm_id)
    firm = Firm(id=firm_id, name=firm_name.strip(), created_at=now, wrapped_data_key=wrapped, key_id=key_id)
    person = Person(email=address, name=name.strip(), password_hash=HASHER.hash(password), created_at=now)
    session.add_all([firm, person, Membership(firm=firm, person=person, role=Role.OWNER)])
    session.commit()
    return person


def checked_email(email: str) -> tuple[str, dict[str, str]]:
    """The address in lower case, or a sentence about it."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower(), {}
    except EmailNotValidError:
        return email.strip().lower(), {"email": "This is not an e-mail address."}


def password_fault(password: str, words: tuple[str, ...]) -> str:
    """What is wrong with a password, or blank: long enough, not obvious, not made of the person's own words (ASVS 6.2)."""
    if len(password) < LEAST_PASSWORD:
        return f"Use at least {LEAST_PASSWORD} characters; a short sentence is good."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD:,} characters."
    plain = password.casefold()
    own = {part for word in words for part in re.split(r"\W+", word.casefold()) if len(part) > 3}
    left = plain
    for part in sorted({*own, *OBVIOUS}, key=len, reverse=True):
        left = left.replace(part, "")
    if len(left) < LEAST_PASSWORD // 2 or len(set(plain)) < 5:
        return "This password is easily guessed. A sentence of your own is better."
    return ""


def sign_in(session: Session, *, email: str, password: str, browser: str, now: datetime) -> str | None:
    """Begin a session; its token for the cookie, or `None` for a wrong address or password, which are not told apart. Commits."""
    person = session.scalar(
        select(Person).where(Person.email == email.strip().lower(), Person.disabled_at.is_(None))
    )
    kept = person.password_hash if person is not None else NOBODY
    if not verified(kept, password) or person is None:
        session.rollback()
        return None
    if HASHER.check_needs_rehash(kept):
        person.password_hash = HASHER.hash(password)
    return begin_session(session, person, browser, now)


def verified(kept: str, password: str) -> bool:
    """Whether a password fits a hash."""
    try:
        return HASHER.verify(kept, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        return False


def begin_session(session: Session, person: Person, browser: str, now: datetime) -> str:
    """A new session for a person; its token. Commits."""
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_digest=digest(token),
            person_id=person.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST_SESSION,
            browser=browser[:200],
        )
    )
    session.commit()
    return token


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_for(session: Session, token: str, now: datetime) -> WebSession | None:
    """The live session of a token; seen now. Commits at most once a minute."""
    found = session.get(WebSession, digest(token))
    if found is None or found.ended_at is not None or found.person.disabled_at is not None:
        return None
    if found.expires_at <= now or now - found.last_seen_at > IDLE:
        return None
    if now - found.last_seen_at > SEEN_EVERY:
        found.last_seen_at = now
        session.commit()
    return found


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End a session on the server: a copied cookie no longer opens anything. Commits."""
    session.execute(
        update(WebSession)
        .where(WebSession.token_digest == digest(token), WebSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.commit()


def membership_of(session: Session, person: Person) -> Membership | None:
    """A person's place: the first firm they belong to."""
    return session.scalar(
        select(Membership).where(Membership.person_id == person.id).order_by(Membership.firm_id).limit(1)
    )
