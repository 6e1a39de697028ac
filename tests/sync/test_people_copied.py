"""When a file's contacts are copied, how the copy is brought up to date, and when it answers nothing (SYNC §9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.sync import people
from portal.sync.failures import Unreachable
from portal.sync.sale_orders import Contact
from tests.people_copy import MIA, NOAH, NOW, here


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
    assert desk.people.contacts_by_email(NOAH.email) == ()

    assert desk.asked == ["contacts_by_email", "contacts_by_name", "contacts_by_email"]
    # The first look-up of a run costs no more than bringing a copy up to date would.
    assert (desk.copy.look_ups, desk.copy.rows) == (2, {})


def test_a_copy_that_is_worth_its_calls_is_made_by_one_page_and_what_changed_meanwhile_is_listed_at_once() -> (
    None
):
    desk = here(MIA, NOAH, copied=False)
    desk.copy.worth = 1
    desk.books.changed = [replace(MIA, id=9, email="new@example.com")]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.people.contacts_by_email("new@example.com")[0].id == 9

    assert (desk.asked, desk.copy.until, set(desk.copy.rows)) == (["contacts", "contacts"], NOW, {7, 8, 9})
    assert desk.books.since == [None, NOW - people.OVERLAP]


@pytest.mark.parametrize(("worth", "spare"), [(0, 1_000), (1_000, 0)])
def test_no_copy_is_made_before_it_is_worth_its_calls_and_they_are_there(worth: int, spare: int) -> None:
    desk = here(MIA, copied=False)
    desk.copy.worth = worth
    desk.people.spare = lambda: spare

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert (desk.asked, desk.copy.late) == (["contacts_by_email"], False)


def many(count: int) -> list[Contact]:
    return [replace(MIA, id=number, email=f"{number}@example.com") for number in range(count)]


def test_a_copy_of_several_pages_is_listed_until_two_listings_agree() -> None:
    desk = here(copied=False)
    desk.copy.worth = 1_000
    desk.books.listings = [[*many(100)[1:], replace(MIA, id=100)], many(100), many(100)]

    assert desk.people.contacts_by_email("0@example.com") == (many(1)[0],)

    assert desk.asked == ["contacts"] * 4
    assert set(desk.copy.rows) == set(range(100))


def test_what_changed_on_several_pages_is_listed_until_two_listings_agree() -> None:
    desk = here(MIA)
    desk.books.changes = [many(101)[1:], many(101), many(101)]
    assert desk.people.contacts_by_email("0@example.com") == (many(1)[0],)
    assert desk.asked == ["contacts"] * 3


def test_a_listing_that_takes_more_pages_than_it_is_worth_is_given_up_and_customers_are_looked_up() -> None:
    desk = here(*many(250), copied=False)
    desk.copy.worth = 5

    assert desk.people.contacts_by_email("7@example.com") == (many(8)[7],)
    assert desk.people.contacts_by_email("8@example.com") == (many(9)[8],)

    assert desk.asked == ["contacts", "contacts", "contacts_by_email", "contacts_by_email"]
    assert (desk.copy.until, desk.copy.late) == (None, True)
    exact = here(*many(250), copied=False)
    exact.copy.worth = 6
    exact.people.contacts_by_email("7@example.com")
    assert (exact.copy.until, exact.copy.late) == (NOW, False)


def test_listings_that_never_agree_make_no_copy() -> None:
    desk = here(MIA, copied=False)
    desk.copy.worth = 1_000
    desk.books.listings = [many(110)[turn:] for turn in range(people.MOST_LISTINGS)]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)

    assert desk.asked == ["contacts"] * people.MOST_LISTINGS + ["contacts_by_email"]
    assert (desk.copy.until, desk.copy.late) == (None, True)


@pytest.mark.parametrize(("most", "copied"), [(1, False), (2, True)])
def test_a_file_with_too_many_contacts_is_listed_no_second_time(
    monkeypatch: pytest.MonkeyPatch, most: int, *, copied: bool
) -> None:
    monkeypatch.setattr(people, "MOST_CONTACTS", most)
    desk = here(MIA, NOAH, copied=False)
    desk.copy.worth = 1_000

    desk.people.contacts_by_email(MIA.email)
    desk.people.contacts_by_email(NOAH.email)

    alone = ["contacts", "contacts_by_email", "contacts_by_email"]
    assert desk.asked == (["contacts", "contacts"] if copied else alone)
    assert (desk.copy.late, desk.copy.until) == (not copied, NOW if copied else None)


def test_where_too_much_changed_this_run_looks_its_customers_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_CHANGED", 1)
    desk = here(MIA)
    desk.books.changed = [MIA, NOAH]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.people.contacts_by_email(MIA.email) == (MIA,)

    assert desk.asked == ["contacts", "contacts_by_email", "contacts_by_email"]
    assert desk.copy.until == NOW - timedelta(hours=1)


@pytest.mark.parametrize("copied", [True, False])
def test_while_the_contacts_cannot_be_listed_each_customer_is_looked_up(*, copied: bool) -> None:
    desk = here(MIA, copied=copied)
    desk.copy.worth = 1_000
    desk.books.away = Unreachable("page 2 answers 500")

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.people.contacts_by_email(MIA.email) == (MIA,)

    assert desk.asked == ["contacts", "contacts_by_email", "contacts_by_email"]


@pytest.mark.parametrize("copied", [True, False])
def test_a_copy_that_somebody_else_changes_at_that_moment_answers_nothing(*, copied: bool) -> None:
    desk = here(MIA, copied=copied)
    desk.copy.worth, desk.copy.moves = 1_000, True
    before = desk.copy.until
    desk.books.changed = [replace(MIA, phone="1")]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.copy.until == before

    desk.copy.moves = False
    desk.people.contacts_by_email(MIA.email)
    assert desk.copy.until == NOW


def test_a_copy_that_was_thrown_away_meanwhile_answers_nothing() -> None:
    desk = here(MIA)
    answers = [NOW, None]
    desk.copy.read_to = lambda: answers.pop(0)  # type: ignore[method-assign]

    assert desk.people.contacts_by_email(MIA.email) == (MIA,)
    assert desk.asked == ["contacts_by_email"]
