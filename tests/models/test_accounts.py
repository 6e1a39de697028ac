"""What firms, people and their sessions may be, held by the database itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.models.accounts import Firm, Membership, Person, Role, WebSession
from tests.factories import NOON, make_firm


def add_person(session: Session, email: str = "marli@example.com") -> Person:
    person = Person(email=email, name="Marli Finch", password_hash="$argon2id$", created_at=NOON)
    session.add(person)
    session.commit()
    return person


def refused(session: Session, row: object) -> bool:
    session.add(row)
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
    return True


def test_firms_and_people_are_named_by_ids_nobody_guesses(session: Session) -> None:
    firm, person = make_firm(session), add_person(session)

    assert (len(firm.id), len(person.id)) == (22, 22)
    assert firm.id != make_firm(session).id


def test_an_address_is_one_persons_alone(session: Session) -> None:
    add_person(session, "marli@example.com")
    again = Person(email="marli@example.com", name="Other", password_hash="", created_at=NOON)

    assert refused(session, again)


def test_an_address_with_capitals_is_refused_since_it_would_be_a_second_one(session: Session) -> None:
    capital = Person(email="Marli@example.com", name="Marli", password_hash="", created_at=NOON)

    assert refused(session, capital)


@pytest.mark.parametrize("role", list(Role))
def test_a_person_has_one_role_in_a_firm(session: Session, role: Role) -> None:
    firm, person = make_firm(session), add_person(session)
    firm_id, person_id = firm.id, person.id
    session.add(Membership(firm_id=firm_id, person_id=person_id, role=role))
    session.commit()
    session.expunge_all()

    assert session.scalars(select(Membership.role)).one() == role
    assert refused(session, Membership(firm_id=firm_id, person_id=person_id, role=Role.READER))


def test_a_role_that_nobody_knows_is_refused(session: Session) -> None:
    firm, person = make_firm(session), add_person(session)

    assert refused(session, Membership(firm_id=firm.id, person_id=person.id, role="auditor"))


def test_a_person_may_belong_to_several_firms(session: Session) -> None:
    person = add_person(session)
    for name in ("Acacia Accounting", "Banksia Books"):
        session.add(Membership(firm=make_firm(session, name), person=person, role=Role.PREPARER))
    session.commit()

    assert {place.firm.name for place in person.memberships} == {"Acacia Accounting", "Banksia Books"}


def test_a_firm_with_members_cannot_vanish_under_them(session: Session) -> None:
    firm = make_firm(session)
    session.add(Membership(firm=firm, person=add_person(session), role=Role.OWNER))
    session.commit()
    session.delete(firm)

    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
    assert session.scalars(select(Firm)).one()


def test_a_browsers_session_belongs_to_a_person_and_keeps_a_digest_alone(session: Session) -> None:
    person = add_person(session)

    def signed_in(digest: str, person_id: str) -> WebSession:
        return WebSession(
            token_digest=digest,
            person_id=person_id,
            created_at=NOON,
            last_seen_at=NOON,
            expires_at=NOON + timedelta(hours=12),
        )

    session.add(signed_in("d" * 64, person.id))
    session.commit()

    kept = session.scalars(select(WebSession)).one()
    assert (kept.person.email, kept.ended_at, kept.browser) == ("marli@example.com", None, "")
    assert refused(session, signed_in("e" * 64, "nobody"))
    assert not {"token", "cookie"} & set(WebSession.__table__.columns.keys())
