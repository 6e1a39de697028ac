"""The cast: Acacia (owner Alice, preparer Pat, reader Bob) and Banksia (owner Charlie, a stranger to Acacia)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.models.accounts import Firm, Membership, Person, Role
from portal.services import accounts
from tests.factories import NOON, make_firm

PASSWORD = "nine green gums by the creek"
BROWSER = "a browser of the tests"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the cast, as plain values that outlive a database session."""

    id: str
    name: str
    email: str
    firm_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody."""

    alice: Member
    pat: Member
    bob: Member
    charlie: Member


def gather(session: Session) -> Cast:
    """Make both firms with their people."""
    acacia = make_firm(session, "Acacia Accounting")
    banksia = make_firm(session, "Banksia Books")
    return Cast(
        alice=add_person(session, acacia, "Alice Acacia", Role.OWNER),
        pat=add_person(session, acacia, "Pat Paperbark", Role.PREPARER),
        bob=add_person(session, acacia, "Bob Boronia", Role.READER),
        charlie=add_person(session, banksia, "Charlie Correa", Role.OWNER),
    )


def add_person(session: Session, firm: Firm, name: str, role: Role) -> Member:
    """A person of a firm, with the cast's one password."""
    email = f"{name.split(maxsplit=1)[0].lower()}@{firm.name.split(maxsplit=1)[0].lower()}.example.com"
    person = Person(email=email, name=name, password_hash=accounts.HASHER.hash(PASSWORD), created_at=NOON)
    session.add_all([person, Membership(firm=firm, person=person, role=role)])
    session.commit()
    return Member(id=person.id, name=name, email=email, firm_id=firm.id, role=role)


def signed_in(app: Flask, member: Member) -> FlaskClient:
    """A browser in which somebody is signed in."""
    from portal.database import db

    with app.app_context():
        token = accounts.begin_session(db.session(), member.id, BROWSER, datetime.now(UTC))
        db.session.remove()
    client = app.test_client()
    client.set_cookie("cartledger", token)
    return client
