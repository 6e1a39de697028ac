"""Contacts answered from a copy: one call a run instead of one an order, and none written twice (SYNC §7.9, §9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.sync.failures import (
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    StaleRecord,
    StillWriting,
    Unreachable,
)
from portal.sync.people import as_changed, key_of
from portal.sync.people_port import Kept
from portal.sync.rules import Item
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostalAddress, SaleOrder
from tests.people_copy import MIA, NOAH, NOW, here

NEW = NewContact(given_name="Kim", family_name="Park", email="kim@example.com")
SALE = SaleOrder(
    number="JT1",
    marker="BC-x-1",
    on=NOW.date(),
    summary="",
    lines=(),
    billing_contact_id=7,
    shipping_contact_id=8,
)


def test_a_doubtful_contact_is_looked_up_and_kept_as_it_is_now() -> None:
    desk = here(MIA, NOAH)
    desk.copy.doubt([7])
    desk.books.contacts[0] = replace(MIA, last_updated_id="BBB=")

    assert desk.people.contacts_by_email(MIA.email)[0].last_updated_id == "BBB="
    assert desk.people.contacts_by_email(MIA.email)[0].last_updated_id == "BBB="

    assert (desk.asked, desk.copy.look_ups) == (["contacts", "contacts_by_email"], 0)


def test_a_doubtful_contact_that_is_gone_leaves_the_copy_and_others_of_its_email_stay() -> None:
    twin = replace(MIA, id=9)
    desk = here(MIA, twin)
    desk.copy.doubt([7])
    desk.books.contacts = [twin]

    assert desk.people.contacts_by_email(MIA.email) == (twin,)
    assert set(desk.copy.rows) == {9}


def test_a_created_contact_is_known_at_once() -> None:
    desk = here()

    made = desk.people.create_contact(NEW)

    (found,) = desk.people.contacts_by_email(NEW.email)
    assert (found.id, found.given_name, found.is_customer, found.record) == (made, "Kim", True, "")
    assert desk.asked == ["create_contact", "contacts"]
    assert desk.copy.writing_since(key_of(NEW)) is None


def test_a_contact_whose_answer_was_lost_is_not_written_again_before_it_was_looked_up() -> None:
    desk = here()
    desk.books.refuses = [OutcomeLost("reset")]
    with pytest.raises(OutcomeLost):
        desk.people.create_contact(NEW)
    came_late = replace(MIA, id=11, email=NEW.email)

    with pytest.raises(StillWriting, match="being written"):
        desk.next_run().contacts_by_email(NEW.email)
    desk.clock.forward(seconds=119)
    with pytest.raises(Unreachable):
        desk.people.contacts_by_email(NEW.email)
    desk.books.contacts.append(came_late)
    desk.clock.forward(seconds=1)

    assert desk.people.contacts_by_email(NEW.email) == (came_late,)
    assert desk.asked == ["create_contact", "contacts_by_email"]
    assert (desk.copy.notes, desk.copy.rows) == ({}, {11: Kept(came_late)})


def test_a_contact_that_was_never_written_is_written_after_its_look_up() -> None:
    desk = here()
    desk.books.refuses = [OutcomeLost("reset")]
    with pytest.raises(OutcomeLost):
        desk.people.create_contact(NEW)
    with pytest.raises(StillWriting, match="another run"):
        desk.people.create_contact(NEW)
    desk.clock.forward(minutes=2)

    assert desk.people.contacts_by_email(NEW.email) == ()
    assert desk.people.create_contact(NEW) == 500


def test_after_a_lost_answer_nobody_is_taken_for_unknown_under_another_name() -> None:
    desk = here()
    desk.people.contacts_by_email(NEW.email)
    desk.books.refuses = [OutcomeLost("reset")]
    with pytest.raises(OutcomeLost):
        desk.people.create_contact(NEW)
    there = replace(MIA, id=11, email=NEW.email, given_name="Kim", family_name="Park")
    desk.books.contacts.append(there)

    assert desk.people.contacts_by_name("Kim", "Park") == (there,)
    desk.clock.forward(minutes=2)
    desk.books.changed = [there]
    assert desk.people.contacts_by_name("Kim", "Park") == (there,)
    assert desk.asked == ["contacts", "create_contact", "contacts_by_name", "contacts"]


def test_what_another_worker_wrote_since_this_one_looked_is_not_written_again() -> None:
    desk = here(copied=False)
    first, second = desk.people, desk.next_run()
    assert (first.contacts_by_email(NEW.email), second.contacts_by_email(NEW.email)) == ((), ())

    made = first.create_contact(NEW)

    assert second.create_contact(NEW) == made
    assert first.create_company("Gum") == second.create_company("gum")
    assert desk.asked.count("create_contact") == desk.asked.count("create_company") == 1
    desk.clock.forward(minutes=10, seconds=1)
    assert second.create_contact(NEW) != made


def test_a_refused_contact_may_be_written_at_once_and_its_company_is_looked_up_again() -> None:
    desk = here()
    desk.copy.companies = {"gum": (4, NOW), "wattle": (5, NOW)}
    desk.books.refuses = [Refused("no such company"), Refused("no"), Unreachable("no connection")]
    employed = replace(NEW, company="Gum")

    with pytest.raises(Refused):
        desk.people.create_contact(employed)
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"wattle": (5, NOW)})
    with pytest.raises(Refused):
        desk.people.create_contact(NEW)
    assert desk.copy.companies == {"wattle": (5, NOW)}
    with pytest.raises(Unreachable):
        desk.people.create_contact(replace(NEW, company="Wattle"))
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"wattle": (5, NOW)})


def test_a_company_is_looked_up_once_and_created_once() -> None:
    desk = here()
    desk.books.companies = {3: "Gum"}

    assert [desk.people.companies_by_name(name) for name in ("Gum", " gum")] == [(3,), (3,)]
    assert desk.people.companies_by_name("Wattle") == ()
    made = desk.people.create_company("Wattle")
    assert desk.next_run().companies_by_name("wattle") == (made,)

    assert desk.asked == ["companies_by_name", "companies_by_name", "create_company"]


def test_a_company_may_be_called_otherwise_after_a_day() -> None:
    desk = here()
    desk.books.companies = {3: "Gum"}
    desk.people.companies_by_name("Gum")
    desk.clock.forward(days=1)
    assert desk.people.companies_by_name("Gum") == (3,)
    desk.clock.forward(seconds=1)
    desk.books.companies = {3: "Wattle", 4: "Gum"}

    assert desk.people.companies_by_name("Gum") == (4,)


def test_a_company_whose_answer_was_lost_is_looked_up_after_a_while() -> None:
    desk = here()
    desk.copy.begin(("company", "gum", ""), NOW)
    desk.copy.companies = {"gum": (3, NOW)}
    with pytest.raises(Unreachable):
        desk.people.companies_by_name("Gum")
    desk.clock.forward(minutes=2)
    desk.books.companies = {4: "Gum"}

    assert desk.people.companies_by_name("Gum") == (4,)
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"gum": (4, desk.clock.now())})


def test_a_change_is_known_at_once_and_read_whole_before_the_next() -> None:
    desk = here(MIA)
    desk.people.contacts_by_email(MIA.email)

    desk.people.update_contact(MIA, ContactChange(phone="02 5550 0199"))

    (known,) = desk.people.contacts_by_email(MIA.email)
    assert (known.phone, known.record, known.given_name) == ("02 5550 0199", "", "Mia")
    with pytest.raises(StaleRecord):
        desk.people.update_contact(known, ContactChange(phone="1"))
    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.asked == ["contacts", "update_contact", "contacts_by_email"]


def test_a_change_whose_answer_was_lost_leaves_the_contact_doubtful() -> None:
    desk = here(MIA)

    def lost(_contact: Contact, _change: ContactChange) -> None:
        raise OutcomeLost("reset")

    desk.books.update_contact = lost  # type: ignore[method-assign, assignment]
    with pytest.raises(OutcomeLost):
        desk.people.update_contact(MIA, ContactChange(phone="1"))

    assert desk.copy.rows[7].doubtful


def test_what_is_written_into_a_contact_is_what_the_copy_has() -> None:
    home, work = PostalAddress(street="1 High St"), PostalAddress(street="2 Low Rd")
    changed = as_changed(
        MIA, ContactChange(given_name="", family_name="Li", postal=home, other=work, is_active=False)
    )
    assert (changed.given_name, changed.family_name, changed.phone) == ("", "Li", MIA.phone)
    assert (changed.postal, changed.other, changed.is_active) == (home, work, False)
    kept = as_changed(replace(MIA, is_active=False), ContactChange(phone=""))
    assert (kept.phone, kept.family_name, kept.postal, kept.other) == ("", "Wong", MIA.postal, MIA.other)
    assert (kept.is_active, as_changed(MIA, ContactChange(is_active=True)).is_active) == (False, True)


def test_a_contact_is_known_by_its_email_or_else_its_names() -> None:
    assert key_of(NEW) == ("email", "kim@example.com", "")
    assert key_of(replace(NEW, email="")) == ("name", "kim", "park")


@pytest.mark.parametrize(
    ("answer", "doubtful"),
    [(Refused("no such contact"), {7, 8}), (NumberTaken("taken"), set()), (PeriodLocked("locked"), set())],
)
def test_a_refused_sale_makes_its_contacts_doubtful(answer: Exception, doubtful: set[int]) -> None:
    desk = here(MIA, NOAH)
    desk.books.answers = [answer]
    heard: list[str] = []
    desk.people.refused = lambda: heard.append("refused")

    with pytest.raises(type(answer)):
        desk.people.post(SALE)

    assert {one for one, kept in desk.copy.rows.items() if kept.doubtful} == doubtful
    assert heard == (["refused"] if doubtful else [])


def test_a_refused_sale_without_a_contact_makes_none_doubtful() -> None:
    desk = here(MIA)
    desk.books.answers = [Refused("no")]
    with pytest.raises(Refused):
        desk.people.post(replace(SALE, billing_contact_id=None, shipping_contact_id=None))
    assert not desk.copy.rows[7].doubtful


def test_what_is_no_contact_passes_straight_through() -> None:
    desk = here()
    hat = Item(id=1, code="HAT", name="Hat")
    desk.books.catalogue, desk.books.combos = (hat,), {1: hat}
    desk.books.computes = lambda _sale: (Decimal(1), Decimal(0))

    posted = desk.people.post(SALE)
    desk.people.reserve()

    assert (desk.people.items(), desk.people.items(modified_since=NOW)) == ((hat,), ())
    assert (desk.people.item(1), desk.people.tax_codes()) == (hat, desk.books.codes)
    row = desk.people.invoice(posted.invoice_id)
    assert row is not None
    assert [row] == list(desk.people.invoices_modified(since=NOW, until=NOW))
    assert desk.asked == [
        "post",
        "reserve",
        "items",
        "items",
        "item",
        "tax_codes",
        "invoice",
        "invoices_modified",
    ]
