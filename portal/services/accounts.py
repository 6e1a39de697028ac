"""Firms sign themselves up; people sign in and out; every session is a row that the server can end (ASVS 7.4.1)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.database import READING, new_id
from portal.models.accounts import Firm, Membership, Person, Role, WebSession
from portal.vault import Vault

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with 19 MiB, twice, one lane (ASSURANCE A2); a hash made with less is made anew at the next sign-in."""

LEAST_PASSWORD = 12
LONGEST_PASSWORD = 1024
LEFT_WITHOUT_WORDS = 6
IDLE = timedelta(hours=8)
LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
OBVIOUS = (
    "cartledger", "bigcommerce", "saasu", "password", "passphrase", "accountant", "accounting", "bookkeeper", "bookkeeping",
    "administrator", "admin", "letmein", "welcome", "changeme", "secret", "iloveyou", "sunshine", "football", "monkey", "dragon",
    "australia", "sydney", "melbourne", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwerty", "1q2w3e4r5t", "abcdefgh", "abcdef",
    "1234567890", "0987654321", "123456789", "123456", "987654", "abc123",
)  # fmt: skip
"""Words and rows of keys that make no password by themselves."""

TAKEN = "Somebody has signed up with this e-mail already. Sign in instead."


class NotSignedUp(Exception):
    """The sign-up cannot be accepted; `faults` maps a field to a sentence."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class CurrentFirm:
    """The firm of a signed-in person, as plain values."""

    id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class CurrentPerson:
    """A signed-in person, as plain values."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a live session opens: a person, their firm and their role there."""

    person: CurrentPerson
    firm: CurrentFirm
    role: Role


def sign_up(
    session: Session, vault: Vault, *, firm_name: str, name: str, email: str, password: str, now: datetime
) -> Person:
    """Make a firm, its first person as owner, and the firm's data key. Commits. Raises `NotSignedUp`."""
    firm_name, name = one_line(firm_name), one_line(name)
    address, faults = checked_email(email)
    faults |= {field: sentence for field, sentence in {
        "firm_name": "" if firm_name else "Give your firm's name.",
        "name": "" if name else "Give your name.",
        "password": password_fault(password, (firm_name, name, address)),
    }.items() if sentence}  # fmt: skip
    if not faults and session.scalar(select(Person.id).where(Person.email == address)) is not None:
        faults["email"] = TAKEN
    session.rollback()
    if faults:
        raise NotSignedUp(faults)
    person = Person(email=address, name=name, password_hash=HASHER.hash(password), created_at=now)
    firm_id = new_id()
    wrapped, key_id = vault.new_data_key(firm_id)
    firm = Firm(id=firm_id, name=firm_name, created_at=now, wrapped_data_key=wrapped, key_id=key_id)
    session.add_all([firm, person, Membership(firm=firm, person=person, role=Role.OWNER)])
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise NotSignedUp({"email": TAKEN}) from error
    return person


def one_line(text: str) -> str:
    """A name without line breaks, control characters and blanks around it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


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
    if len(left) < LEFT_WITHOUT_WORDS or len(set(plain)) < 5:
        return "This password is easily guessed: it is made of well-known words, or of your own names. A sentence of your own is better."
    return ""


def sign_in(session: Session, *, email: str, password: str, browser: str, now: datetime) -> str | None:
    """Begin a session; its token for the cookie, or `None` for a wrong address or password, which are not told apart. Commits."""
    person = session.scalar(
        select(Person).where(Person.email == email.strip().lower(), Person.disabled_at.is_(None))
    )
    kept, person_id = (person.password_hash, person.id) if person is not None else (hash_of_nobody(), None)
    # The transaction ends before the hash is made: it takes long, and on SQLite nobody could write meanwhile.
    session.rollback()
    if not verified(kept, password) or person_id is None:
        return None
    if HASHER.check_needs_rehash(kept):
        renewed = HASHER.hash(password)
        session.execute(update(Person).where(Person.id == person_id).values(password_hash=renewed))
    return begin_session(session, person_id, browser, now)


@cache
def hash_of_nobody() -> str:
    """Verified for an unknown address, so that it takes as long as a known one."""
    return HASHER.hash(secrets.token_urlsafe(TOKEN_BYTES))


def verified(kept: str, password: str) -> bool:
    """Whether a password fits a hash."""
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def begin_session(session: Session, person_id: str, browser: str, now: datetime) -> str:
    """A new session for a person; its token. Clears away that person's expired ones. Commits."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(delete(WebSession).where(WebSession.person_id == person_id, WebSession.expires_at <= now))
    session.add(
        WebSession(
            token_digest=digest(token),
            person_id=person_id,
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


def session_for(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Who a token lets in, or `None` when its session has ended, expired or idled. Ends the transaction it reads in.

    A person of several firms is let into the one they joined first by its creation. Commits at most once a minute.
    """
    if not session.in_transaction():
        session.connection(execution_options=READING)
    found = session.execute(
        select(WebSession.last_seen_at, Person, Firm, Membership.role)
        .join(Person, Person.id == WebSession.person_id)
        .join(Membership, Membership.person_id == Person.id)
        .join(Firm, Firm.id == Membership.firm_id)
        .where(
            WebSession.token_digest == digest(token),
            WebSession.ended_at.is_(None),
            WebSession.expires_at > now,
            WebSession.last_seen_at > now - IDLE,
            Person.disabled_at.is_(None),
        )
        .order_by(Firm.created_at, Firm.id)
        .limit(1)
    ).first()
    if found is None:
        session.rollback()
        return None
    last_seen_at, person, firm, role = found
    signed_in = SignedIn(
        CurrentPerson(person.id, person.name, person.email),
        CurrentFirm(firm.id, firm.name, firm.time_zone),
        Role(role),
    )
    session.rollback()
    if now - last_seen_at > SEEN_EVERY:
        seen = update(WebSession).where(WebSession.token_digest == digest(token)).values(last_seen_at=now)
        session.execute(seen)
        session.commit()
    return signed_in


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End a session on the server: a copied cookie no longer opens anything. Commits."""
    session.execute(
        update(WebSession)
        .where(WebSession.token_digest == digest(token), WebSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.commit()
