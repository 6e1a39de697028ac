"""Contacts answered from a copy: one call a run instead of one an order, and none written twice (SYNC §7.9, §9)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portal.sync import people
from portal.sync.failures import NumberTaken, OutcomeLost, PeriodLocked, Refused, StaleRecord, Unreachable
from portal.sync.people import Kept, KnownPeople, as_changed, key_of
from portal.sync.problems import Code, Problem, RunStopped
from portal.sync.rules import Item
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostalAddress, SaleOrder
from tests.builders import contact
from tests.fakes import FakeClock
from tests.people_copy import Copy, ListedBooks

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
MIA = contact(id=7, email="mia@example.com", given_name="Mia", family_name="Wong")
NOAH = contact(id=8, email="noah@example.com", given_name="Noah", family_name="Reid")
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


@dataclass
class Here:
    clock: FakeClock
    books: ListedBooks
    copy: Copy
    people: KnownPeople

    @property
    def asked(self) -> list[str]:
        return self.books.asked

    def next_run(self) -> KnownPeople:
        self.people = KnownPeople(books=self.books, kept=self.copy, clock=self.clock)
        return self.people


def here(*contacts: Contact, copied: bool = True) -> Here:
    clock = FakeClock(NOW)
    books = ListedBooks(clock=clock, contacts=list(contacts))
    copy = Copy()
    if copied:
        copy.bring_up_to(NOW - timedelta(hours=1), list(contacts), whole=True)
    return Here(clock, books, copy, KnownPeople(books=books, kept=copy, clock=clock))


def test_a_copy_is_brought_up_to_date_once_a_run_and_answers_for_every_customer() -> None:
    desk = here(MIA, NOAH)
    desk.books.changed = [replace(MIA, phone="02 5550 0100")]

    assert desk.people.contacts_by_email(" MIA@example.com") == (replace(MIA, phone="02 5550 0100"),)
    assert desk.people.contacts_by_name("noah", "REID ") == (NOAH,)
    assert desk.people.contacts_by_email("nobody@example.com") == ()

    assert desk.asked == ["contacts"]
    assert desk.books.since == [NOW - timedelta(hours=1, minutes=5)]
    assert (desk.copy.until, desk.copy.look_ups) == (NOW, 0)


def test_a_long_run_brings_its_copy_up_to_date_again_after_ten_minutes() -> None:
    desk = here(MIA)
    desk.people.contacts_by_email(MIA.email)
    desk.clock.forward(minutes=9, seconds=59)
    desk.people.contacts_by_email(MIA.email)
    assert desk.asked == ["contacts"]

    desk.clock.forward(seconds=1)
    desk.people.contacts_by_email(MIA.email)

    assert desk.asked == ["contacts", "contacts"]
    assert desk.books.since[1] == NOW - timedelta(minutes=5)


def test_nobody_is_looked_up_by_blank_texts() -> None:
    desk = here(MIA)
    assert (desk.people.contacts_by_email("  "), desk.people.contacts_by_name(" ", "")) == ((), ())
    assert desk.asked == []


def test_a_small_shop_looks_up_and_pays_for_no_listing() -> None:
    desk = here(MIA, copied=False)

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.people.contacts_by_name("Mia", "Wong") == (MIA,)

    assert desk.asked == ["contacts_by_email", "contacts_by_name"]
    assert (desk.copy.look_ups, desk.copy.rows) == (2, {})


def test_a_copy_that_is_worth_its_calls_is_made_by_one_page() -> None:
    desk = here(MIA, NOAH, copied=False)
    desk.copy.due = True

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.people.contacts_by_email(NOAH.email) == (NOAH,)

    assert (desk.asked, desk.copy.until, set(desk.copy.rows)) == (["contacts"], NOW, {7, 8})


def test_a_copy_of_several_pages_is_listed_until_two_listings_agree() -> None:
    many = [replace(MIA, id=number, email=f"{number}@example.com") for number in range(100)]
    desk = here(copied=False)
    desk.copy.due = True
    desk.books.listings = [[*many[1:], replace(MIA, id=100)], many, many]

    assert desk.people.contacts_by_email("0@example.com") == (many[0],)

    assert desk.asked == ["contacts"] * 3
    assert set(desk.copy.rows) == set(range(100))


def test_a_whole_listing_asks_before_each_page_and_keeps_nothing_of_one_that_was_broken_off() -> None:
    many = [replace(MIA, id=number, email=f"{number}@example.com") for number in range(250)]
    desk = here(*many, copied=False)
    desk.copy.due = True
    asked: list[int] = []

    def afford() -> None:
        asked.append(len(asked))
        if len(asked) == 3:
            raise RunStopped(Problem(Code.SAASU_QUOTA, "used up"))

    desk.people.afford = afford
    with pytest.raises(RunStopped):
        desk.people.contacts_by_email(MIA.email)
    assert (len(asked), desk.copy.until, desk.copy.rows) == (3, None, {})

    assert len(desk.people.contacts_by_email("7@example.com")) == 1
    assert len(asked) == 3 + 2 * 3


def test_listings_that_never_agree_make_no_copy() -> None:
    desk = here(MIA, copied=False)
    desk.copy.due = True
    many = [replace(MIA, id=number, email=f"{number}@example.com") for number in range(110)]
    desk.books.listings = [many[turn:] for turn in range(people.MOST_LISTINGS)]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)

    assert desk.asked == ["contacts"] * people.MOST_LISTINGS + ["contacts_by_email"]
    assert (desk.copy.until, desk.copy.late) == (None, True)


def test_a_file_with_too_many_contacts_is_listed_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_CONTACTS", 1)
    desk = here(MIA, NOAH, copied=False)
    desk.copy.due = True

    desk.people.contacts_by_email(MIA.email)
    desk.people.contacts_by_email(NOAH.email)

    assert desk.asked == ["contacts", "contacts_by_email", "contacts_by_email"]
    assert (desk.copy.late, desk.copy.until) == (True, None)


def test_a_file_with_as_many_contacts_as_may_be_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_CONTACTS", 2)
    desk = here(MIA, NOAH, copied=False)
    desk.copy.due = True

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.copy.until == NOW


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
    assert (desk.asked, desk.copy.notes) == (["create_contact", "contacts"], {})


def test_a_contact_whose_answer_was_lost_is_not_written_again_before_it_was_looked_up() -> None:
    desk = here()
    desk.books.refuses = [OutcomeLost("reset")]
    with pytest.raises(OutcomeLost):
        desk.people.create_contact(NEW)
    came_late = replace(MIA, id=11, email=NEW.email)

    with pytest.raises(Unreachable, match="being written"):
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
    with pytest.raises(Unreachable, match="another run"):
        desk.people.create_contact(NEW)
    desk.clock.forward(minutes=2)

    assert desk.people.contacts_by_email(NEW.email) == ()
    assert desk.people.create_contact(NEW) == 500


def test_a_refused_contact_may_be_written_at_once_and_its_company_is_looked_up_again() -> None:
    desk = here()
    desk.copy.companies = {"gum": 4, "wattle": 5}
    desk.books.refuses = [Refused("no such company"), Refused("no"), Unreachable("no connection")]
    employed = replace(NEW, company="Gum")

    with pytest.raises(Refused):
        desk.people.create_contact(employed)
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"wattle": 5})
    with pytest.raises(Refused):
        desk.people.create_contact(NEW)
    assert desk.copy.companies == {"wattle": 5}
    with pytest.raises(Unreachable):
        desk.people.create_contact(replace(NEW, company="Wattle"))
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"wattle": 5})


def test_a_company_is_looked_up_once_and_created_once() -> None:
    desk = here()
    desk.books.companies = {3: "Gum"}

    assert [desk.people.companies_by_name(name) for name in ("Gum", " gum")] == [(3,), (3,)]
    assert desk.people.companies_by_name("Wattle") == ()
    made = desk.people.create_company("Wattle")
    assert desk.next_run().companies_by_name("wattle") == (made,)

    assert desk.asked == ["companies_by_name", "companies_by_name", "create_company"]
    assert desk.copy.notes == {}


def test_a_company_whose_answer_was_lost_is_looked_up_after_a_while() -> None:
    desk = here()
    desk.copy.begin(("company", "gum", ""), NOW)
    desk.copy.companies = {"gum": 3}
    with pytest.raises(Unreachable):
        desk.people.companies_by_name("Gum")
    desk.clock.forward(minutes=2)
    desk.books.companies = {4: "Gum"}

    assert desk.people.companies_by_name("Gum") == (4,)
    assert (desk.copy.notes, desk.copy.companies) == ({}, {"gum": 4})


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

    with pytest.raises(type(answer)):
        desk.people.post(SALE)

    assert {one for one, kept in desk.copy.rows.items() if kept.doubtful} == doubtful


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
