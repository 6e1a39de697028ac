"""Signing up, in and out, and how long a session lives."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm, Membership, Person, Role, WebSession
from portal.services import accounts
from portal.services.accounts import NotSignedUp
from portal.vault import Vault
from tests.cast import BROWSER, PASSWORD
from tests.factories import NOON, RING


def sign_up(session: Session, **changed: str) -> Person:
    given = {
        "firm_name": "Acacia Accounting",
        "name": "Alice",
        "email": "alice@example.com",
        "password": PASSWORD,
    }
    given |= changed
    return accounts.sign_up(
        session, Vault(RING), firm_name=given["firm_name"], name=given["name"], email=given["email"],
        password=given["password"], now=NOON,
    )  # fmt: skip


def sign_in(session: Session, email: str = "alice@example.com", password: str = PASSWORD) -> str | None:
    return accounts.sign_in(session, email=email, password=password, browser=BROWSER, now=NOON)


def test_a_sign_up_makes_a_firm_its_owner_and_its_data_key(session: Session) -> None:
    person = sign_up(session, email=" Alice@Example.com ")
    membership = session.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    assert person.email == "alice@example.com"
    assert membership.role == Role.OWNER
    keys = Vault(RING).for_firm(membership.firm.id, membership.firm.wrapped_data_key, membership.firm.key_id)
    assert keys.open("record", "field", keys.seal("record", "field", "words")) == "words"


def test_a_password_is_kept_as_an_argon2id_hash_of_the_agreed_strength(session: Session) -> None:
    kept = sign_up(session).password_hash
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in kept


def test_names_are_kept_on_one_line(session: Session) -> None:
    person = sign_up(session, name="  Alice\r\nBcc: somebody\x00 ")
    assert person.name == "Alice Bcc: somebody"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("eleven char", "too short"),
        ("x" * 1025, "too long"),
        ("cartledger2026", "the product's name"),
        ("acacia-accounting!", "the firm's name"),
        ("alice@example.com", "the e-mail"),
        ("Password123456", "a well-known word"),
        ("qwertyuiop12345", "a row of keys"),
        ("aaaaaaaabbbbbbbb", "two letters"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(session: Session, password: str, why: str) -> None:
    with pytest.raises(NotSignedUp) as refusal:
        sign_up(session, password=password)
    assert set(refusal.value.faults) == {"password"}, why
    assert session.scalar(select(func.count()).select_from(Firm)) == 0


def test_a_long_password_counts_to_its_last_letter(session: Session) -> None:
    long = "a quiet river bends twice " * 39
    sign_up(session, password=long)
    assert sign_in(session, password=long) is not None
    assert sign_in(session, password=long[:-1]) is None


def test_an_address_signs_up_once_and_every_fault_is_told_at_once(session: Session) -> None:
    sign_up(session)
    with pytest.raises(NotSignedUp) as taken:
        sign_up(session, email="ALICE@example.com")
    with pytest.raises(NotSignedUp) as all_wrong:
        sign_up(session, firm_name=" ", name="", email="alice", password="short")
    assert set(taken.value.faults) == {"email"}
    assert set(all_wrong.value.faults) == {"firm_name", "name", "email", "password"}


def test_a_wrong_address_and_a_wrong_password_open_nothing(session: Session) -> None:
    sign_up(session)
    assert sign_in(session, password="something else entirely") is None
    assert sign_in(session, email="nobody@example.com") is None
    assert session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_an_unknown_address_costs_one_hash_as_a_known_one_does(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(session)
    checked: list[str] = []

    def verified(kept: str, _password: str) -> bool:
        checked.append(kept)
        return False

    monkeypatch.setattr(accounts, "verified", verified)
    sign_in(session, email="nobody@example.com")
    sign_in(session)
    assert [kept.split("$")[1:4] for kept in checked] == [["argon2id", "v=19", "m=19456,t=2,p=1"]] * 2


def test_a_weaker_hash_is_made_anew_at_the_next_sign_in(session: Session) -> None:
    person = sign_up(session)
    person.password_hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    session.commit()
    assert sign_in(session) is not None
    session.expire_all()
    assert person.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_digest_of_a_token_is_kept(session: Session) -> None:
    sign_up(session)
    token = sign_in(session) or ""
    kept = session.scalars(select(WebSession)).one()
    assert len(token) >= 43
    assert kept.token_digest == accounts.digest(token) != token
    opened = accounts.session_for(session, token, NOON)
    assert opened is not None
    assert (opened.person.email, opened.firm.name, opened.role) == (
        "alice@example.com",
        "Acacia Accounting",
        Role.OWNER,
    )


def test_a_session_ends_when_signed_out_idle_too_old_or_its_person_is_disabled(session: Session) -> None:
    person = sign_up(session)
    out, idle, kept = (sign_in(session) or "" for _ in range(3))
    accounts.sign_out(session, out, NOON)
    assert accounts.session_for(session, out, NOON) is None
    for hours in (7, 11):
        assert accounts.session_for(session, kept, NOON + timedelta(hours=hours)) is not None
    assert accounts.session_for(session, idle, NOON + timedelta(hours=8, seconds=1)) is None
    assert accounts.session_for(session, kept, NOON + timedelta(hours=12)) is None
    person.disabled_at = NOON
    session.commit()
    assert accounts.session_for(session, kept, NOON + timedelta(hours=11)) is None
    assert sign_in(session) is None


def test_a_sign_in_clears_that_persons_expired_sessions_away(session: Session) -> None:
    person = sign_up(session)
    sign_in(session)
    accounts.begin_session(session, person.id, BROWSER, NOON + timedelta(hours=13))
    assert session.scalar(select(func.count()).select_from(WebSession)) == 1
