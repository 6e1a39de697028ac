"""The copy of a file's contacts in the database: sealed, found by digests, thrown away when nobody uses it (SYNC §9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import people
from portal.models.connections import SaasuFile
from portal.models.people import KnownCompany, MirroredContact, PersonIntent
from portal.people import SqlPeople
from portal.services.remotes import firm_vault
from portal.sync.people_port import Kept, Key, Note
from portal.sync.sale_orders import Contact, PostalAddress
from portal.vault import Vault
from tests.builders import contact
from tests.factories import NOON, RING, make_file, make_firm

MIA = contact(id=7, email="Mia@example.com", given_name="Mia", family_name="Wong", record='{"Id": 7}')
NOAH = contact(id=8, email="", given_name="Noah", family_name="Reid", other=PostalAddress(city="Perth"))
KEY: Key = ("email", "kim@example.com", "")


@pytest.fixture
def file(session: Session) -> SaasuFile:
    return make_file(session, make_firm(session))


@pytest.fixture
def vault() -> Vault:
    return Vault(RING)


@pytest.fixture
def kept(session: Session, file: SaasuFile, vault: Vault) -> SqlPeople:
    return SqlPeople(session, file.id, firm_vault(session, vault, file.firm_id))


def contacts(kept: SqlPeople, email: str) -> list[Contact]:
    return [one.contact for one in kept.by_email(email)]


def test_a_copy_gives_back_every_field_by_email_and_by_name(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [NOAH, MIA], None)

    assert kept.read_to() == NOON
    assert kept.by_email(" mia@EXAMPLE.com ") == (Kept(MIA),)
    assert kept.by_name("noah ", "REID") == (Kept(NOAH),)
    assert (kept.by_name("Noah Reid", ""), kept.by_email("x@example.com")) == ((), ())


def test_nothing_in_the_database_names_anybody(session: Session, kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA], None)
    (row,) = session.execute(select(MirroredContact)).scalars()
    stored = f"{row.email_digest} {row.name_digest} {row.sealed!r}".casefold()
    assert "mia" not in stored
    assert "wong" not in stored


def test_a_copy_follows_what_changed_and_a_whole_listing_begins_it_anew(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA, NOAH], None)
    married = replace(MIA, family_name="Reid", email="mia.reid@example.com")
    assert kept.bring_up_to(NOON + timedelta(hours=1), [married], NOON)
    assert (contacts(kept, "mia@example.com"), contacts(kept, "mia.reid@example.com")) == ([], [married])
    assert kept.by_name("Noah", "Reid") == (Kept(NOAH),)

    assert people.forget_unused(kept._session, NOON + timedelta(days=40)) == 1
    assert kept.bring_up_to(NOON + timedelta(days=40), [MIA], None)
    assert (kept.by_name("Noah", "Reid"), contacts(kept, MIA.email)) == ((), [MIA])


def test_a_copy_that_is_no_longer_as_it_was_takes_nothing(session: Session, kept: SqlPeople) -> None:
    assert not kept.bring_up_to(NOON, [MIA], NOON - timedelta(hours=1))
    kept.bring_up_to(NOON, [MIA], None)
    assert not kept.bring_up_to(NOON + timedelta(hours=1), [NOAH], None)
    assert not kept.bring_up_to(NOON + timedelta(hours=1), [NOAH], NOON - timedelta(hours=1))
    assert (kept.read_to(), kept.by_name("Noah", "Reid")) == (NOON, ())
    people.forget_unused(session, NOON + timedelta(days=31))

    assert not kept.bring_up_to(NOON + timedelta(days=31), [NOAH], NOON)
    assert (kept.read_to(), kept.by_name("Noah", "Reid")) == (None, ())


def test_a_first_name_alone_is_no_last_name_alone(kept: SqlPeople) -> None:
    acme = contact(id=9, given_name="Acme", family_name="", email="")
    kept.bring_up_to(NOON, [acme], None)
    assert kept.by_name("acme", "") == (Kept(acme),)
    assert (kept.by_name("", "Acme"), kept.by_name("Ac", "me")) == ((), ())


def test_of_one_that_is_no_customer_the_whole_record_is_not_kept(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [replace(MIA, is_customer=False, is_supplier=True)], None)
    assert [one.record for one in contacts(kept, MIA.email)] == [""]


def test_a_doubt_stays_until_the_contact_is_read_again_or_gone(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA, NOAH], None)
    kept.doubt([7, 8, 99])
    assert kept.by_email(MIA.email) == (Kept(MIA, doubtful=True),)

    kept.keep([MIA], gone=[8])

    assert (kept.by_email(MIA.email), kept.by_name("Noah", "Reid")) == ((Kept(MIA),), ())


def test_without_a_copy_nobody_is_kept(session: Session, kept: SqlPeople) -> None:
    kept.keep([MIA])
    assert session.scalars(select(MirroredContact)).all() == []
    assert kept.read_to() is None


def test_a_copy_is_worth_three_calls_a_look_up_from_the_twenty_fifth_on_and_may_be_put_off(
    kept: SqlPeople,
) -> None:
    for _ in range(24):
        kept.looked_up()
    assert kept.pages_worth() == 0
    kept.looked_up()
    assert kept.pages_worth() == 75
    kept.put_off()
    for _ in range(99):
        kept.looked_up()
    assert kept.pages_worth() == 0
    kept.looked_up()
    assert kept.pages_worth() == 300


def test_one_note_for_each_that_is_written(session: Session, kept: SqlPeople) -> None:
    assert kept.writing_since(KEY) is None
    assert kept.begin(KEY, NOON) is None
    assert kept.begin(KEY, NOON + timedelta(hours=1)) == Note(None)
    assert kept.begin(("name", "kim", "park"), NOON) is None
    assert kept.begin(("name", "", "kim"), NOON) is None
    assert kept.begin(("name", "kim", ""), NOON) is None
    assert kept.writing_since(KEY) == NOON
    assert "kim" not in str(session.scalars(select(PersonIntent.digest)).all())
    session.rollback()

    kept.end(KEY)

    assert kept.writing_since(KEY) is None
    assert kept.begin(KEY, NOON + timedelta(minutes=2)) is None


def test_the_id_of_what_was_written_is_known_for_ten_minutes(kept: SqlPeople) -> None:
    kept.begin(KEY, NOON)
    kept.made(KEY, 41)

    assert kept.writing_since(KEY) is None
    assert kept.begin(KEY, NOON + timedelta(minutes=10)) == Note(41)
    assert kept.begin(KEY, NOON + timedelta(minutes=10, seconds=1)) is None
    assert kept.writing_since(KEY) == NOON + timedelta(minutes=10, seconds=1)


def test_a_company_is_remembered_replaced_and_forgotten(kept: SqlPeople) -> None:
    assert kept.company("Gum", NOON) is None
    kept.keep_company("Gum", 4, NOON)
    kept.keep_company(" GUM", 5, NOON + timedelta(hours=1))
    assert kept.company("gum", NOON + timedelta(hours=1)) == 5
    assert kept.company("gum", NOON + timedelta(hours=1, seconds=1)) is None
    kept.keep_company("gum", None, NOON)
    assert kept.company("Gum", NOON) is None


def test_two_files_keep_apart_what_they_know(
    session: Session, kept: SqlPeople, file: SaasuFile, vault: Vault
) -> None:
    other = make_file(session, make_firm(session, "Another firm"), file_id=file.file_id)
    theirs = SqlPeople(session, other.id, firm_vault(session, vault, other.firm_id))
    kept.bring_up_to(NOON, [MIA], None)
    kept.begin(KEY, NOON)
    kept.keep_company("Gum", 4, NOON)

    assert (theirs.by_email(MIA.email), theirs.writing_since(KEY), theirs.company("Gum", NOON)) == (
        (),
        None,
        None,
    )
    assert theirs.read_to() is None


def test_a_copy_that_no_run_used_for_a_month_is_thrown_away(session: Session, kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA], None)
    kept.put_off()
    kept.begin(KEY, NOON)
    kept.keep_company("Gum", 4, NOON)

    assert people.forget_unused(session, NOON + timedelta(days=30)) == 0
    assert contacts(kept, MIA.email) == [MIA]
    assert kept.company("Gum", NOON) == 4
    assert people.forget_unused(session, NOON + timedelta(days=30, seconds=1)) == 1

    for table in (MirroredContact, PersonIntent, KnownCompany):
        assert session.scalars(select(table)).all() == []
    session.rollback()
    assert kept.read_to() is None
    for _ in range(25):
        kept.looked_up()
    assert kept.pages_worth() == 75
