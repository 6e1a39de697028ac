"""The copy of a file's contacts in the database: sealed, found by digests, thrown away when nobody uses it (SYNC §9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import people
from portal.models.connections import SaasuFile
from portal.models.people import MirroredContact, PersonIntent
from portal.people import SqlPeople
from portal.services.remotes import firm_vault
from portal.sync.people import Kept, Key
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
    kept.bring_up_to(NOON, [NOAH, MIA], whole=True)

    assert kept.read_to() == NOON
    assert kept.by_email(" mia@EXAMPLE.com ") == (Kept(MIA),)
    assert kept.by_name("noah ", "REID") == (Kept(NOAH),)
    assert (kept.by_name("Noah Reid", ""), kept.by_email("x@example.com")) == ((), ())


def test_nothing_in_the_database_names_anybody(session: Session, kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA], whole=True)
    (row,) = session.execute(select(MirroredContact)).scalars()
    stored = f"{row.email_digest} {row.name_digest} {row.sealed!r}".casefold()
    assert "mia" not in stored
    assert "wong" not in stored


def test_a_copy_follows_what_changed_and_a_whole_listing_begins_it_anew(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA, NOAH], whole=True)
    married = replace(MIA, family_name="Reid", email="mia.reid@example.com")
    kept.bring_up_to(NOON + timedelta(hours=1), [married], whole=False)
    assert (contacts(kept, "mia@example.com"), contacts(kept, "mia.reid@example.com")) == ([], [married])
    assert kept.by_name("Noah", "Reid") == (Kept(NOAH),)

    kept.bring_up_to(NOON + timedelta(hours=2), [MIA], whole=True)
    assert (kept.by_name("Noah", "Reid"), contacts(kept, MIA.email)) == ((), [MIA])
    assert kept.read_to() == NOON + timedelta(hours=2)


def test_a_doubt_stays_until_the_contact_is_read_again_or_gone(kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA, NOAH], whole=True)
    kept.doubt([7, 8, 99])
    assert kept.by_email(MIA.email) == (Kept(MIA, doubtful=True),)

    kept.keep([MIA], gone=[8])

    assert (kept.by_email(MIA.email), kept.by_name("Noah", "Reid")) == ((Kept(MIA),), ())


def test_without_a_copy_nobody_is_kept(session: Session, kept: SqlPeople) -> None:
    kept.keep([MIA])
    assert session.scalars(select(MirroredContact)).all() == []
    assert kept.read_to() is None


def test_a_copy_is_due_after_twenty_five_look_ups_and_may_be_put_off(kept: SqlPeople) -> None:
    for _ in range(24):
        kept.looked_up()
    assert not kept.is_copy_due()
    kept.looked_up()
    assert kept.is_copy_due()
    kept.put_off()
    assert not kept.is_copy_due()


def test_one_note_for_each_that_is_written(session: Session, kept: SqlPeople) -> None:
    assert kept.writing_since(KEY) is None
    assert kept.begin(KEY, NOON)
    assert not kept.begin(KEY, NOON + timedelta(minutes=1))
    assert kept.begin(("name", "kim", "park"), NOON)
    assert kept.writing_since(KEY) == NOON
    assert "kim" not in str(session.scalars(select(PersonIntent.digest)).all())
    session.rollback()

    kept.end(KEY)

    assert kept.writing_since(KEY) is None
    assert kept.begin(KEY, NOON + timedelta(minutes=2))


def test_a_company_is_remembered_replaced_and_forgotten(kept: SqlPeople) -> None:
    assert kept.company("Gum") is None
    kept.keep_company("Gum", 4)
    kept.keep_company(" GUM", 5)
    assert kept.company("gum") == 5
    kept.keep_company("gum", None)
    assert kept.company("Gum") is None


def test_two_files_keep_apart_what_they_know(
    session: Session, kept: SqlPeople, file: SaasuFile, vault: Vault
) -> None:
    other = make_file(session, make_firm(session, "Another firm"), file_id=file.file_id)
    theirs = SqlPeople(session, other.id, firm_vault(session, vault, other.firm_id))
    kept.bring_up_to(NOON, [MIA], whole=True)
    kept.begin(KEY, NOON)
    kept.keep_company("Gum", 4)

    assert (theirs.by_email(MIA.email), theirs.writing_since(KEY), theirs.company("Gum")) == ((), None, None)
    assert theirs.read_to() is None


def test_a_copy_that_no_run_used_for_a_month_is_thrown_away(session: Session, kept: SqlPeople) -> None:
    kept.bring_up_to(NOON, [MIA], whole=True)
    kept.put_off()

    assert people.forget_unused(session, NOON + timedelta(days=30)) == 0
    assert contacts(kept, MIA.email) == [MIA]
    assert people.forget_unused(session, NOON + timedelta(days=30, seconds=1)) == 1

    assert session.scalars(select(MirroredContact)).all() == []
    session.rollback()
    assert kept.read_to() is None
    for _ in range(25):
        kept.looked_up()
    assert kept.is_copy_due()
