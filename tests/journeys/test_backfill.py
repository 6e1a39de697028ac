"""Older orders are taken while a person watches, pauses, restarts the portal's worker and resumes: each in Saasu once."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from portal.models.backfills import Backfill, BackfillState
from portal.models.orders import Order
from portal.models.runs import Run
from tests.journeys.accountant import Accountant
from tests.journeys.connecting import FILE_ID, Desk, connected_shop
from tests.journeys.portal_house import Portal

MANY = 60
SECONDS = 1000


@pytest.fixture(scope="module")
def books(portal: Portal) -> Desk:
    portal.sandbox.add_item(FILE_ID, "sh-hoodie-with-logo", "Hoodie with Logo")
    portal.sandbox.make_orders(MANY)
    # Nothing in Saasu keeps a number from being used twice: only the ledger does.
    portal.sandbox.let_numbers_repeat()
    return connected_shop(portal)


def state_chip(page: Page, word: str) -> Locator:
    """The state at the head of the backfill's page."""
    return page.locator(".run-state").first.get_by_text(word, exact=True)


def decided(page: Page) -> int:
    """How many orders the progress bar says are decided."""
    words = page.get_by_text(re.compile(r"^\d+ of \d+ orders")).inner_text()
    return int(words.split()[0])


def test_a_person_pauses_a_backfill_restarts_the_worker_and_resumes_it(
    portal: Portal, books: Desk, page: Page
) -> None:
    sandbox, ada = portal.sandbox, Accountant(page)
    wanted = sandbox.expected_sales()
    assert len(wanted) >= MANY
    sandbox.slow_posts(0.2)
    ada.sign_in()
    page.get_by_role("rowheader").get_by_role("link").first.click()
    ada.start_processing()
    page.evaluate("window.neverReloaded = true")
    expect(page.get_by_role("row").filter(has_text="as SHO").nth(4)).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_text(re.compile(rf"^\d+ of {len(wanted)} orders, done by"))).to_be_visible()
    assert page.evaluate("window.neverReloaded")

    ada.press("Pause")
    expect(state_chip(page, "Paused")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Ada Fairweather paused it$"))).to_be_visible()
    page.wait_for_timeout(2 * SECONDS)
    at_pause = len(sandbox.sale_orders(FILE_ID))
    assert 5 <= at_pause < len(wanted)
    portal.kill_worker()
    portal.start_worker()
    page.reload()
    expect(state_chip(page, "Paused")).to_be_visible()
    assert len(sandbox.sale_orders(FILE_ID)) == at_pause == decided(page)

    ada.sync_now("Hoodie House Pty Ltd")
    ada.wait_for_the_end()
    assert len(sandbox.sale_orders(FILE_ID)) == at_pause
    page.goto("/")
    page.get_by_role("link", name=re.compile(r"^Orders from .*paused$")).click()

    sandbox.quicken_posts()
    ada.press("Resume")
    expect(state_chip(page, "Finished")).to_be_visible(timeout=60 * SECONDS)
    assert decided(page) == len(wanted)
    assert sorted(sandbox.sale_orders(FILE_ID)) == wanted
    expect(page.get_by_role("row", name=re.compile(r"^Posted"))).to_contain_text(str(len(wanted)))
    assert portal.ask(lambda session: session.scalars(select(Backfill.state)).all()) == [
        BackfillState.FINISHED
    ]
    assert portal.ask(lambda session: session.scalars(select(Order.id).where(Order.held)).all()) == []
    slices = select(Run.id).where(Run.backfill_id.is_not(None))
    assert len(portal.ask(lambda session: session.scalars(slices).all())) >= 2


def test_a_date_that_leaves_nothing_to_do_says_so_and_keeps_the_date(
    portal: Portal, books: Desk, page: Page
) -> None:
    ada = Accountant(page)
    ada.sign_in()
    page.get_by_role("rowheader").get_by_role("link").first.click()
    ada.fill("Orders From", "2999-01-01")
    ada.press("Start Processing")

    expect(page.get_by_text("Choose a date that is not in the future.", exact=True)).to_be_visible()
    expect(page.get_by_label("Orders From", exact=True)).to_have_value("2999-01-01")


def test_an_owner_tells_what_saasu_allows_the_file(portal: Portal, books: Desk, page: Page) -> None:
    ada = Accountant(page)
    ada.sign_in()
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.get_by_role("link", name="Saasu calls a day").click()
    ada.fill("Saasu plan: calls a day", "8000")
    page.get_by_label("Nothing else uses this file’s API").check()
    ada.press("Save")

    expect(page.get_by_text(re.compile(r"may use 6,400 Saasu calls a day\.$"))).to_be_visible()
    expect(page.get_by_label("Saasu plan: calls a day")).to_have_value("8000")
    ada.fill("Saasu plan: calls a day", "7")
    ada.press("Save")
    expect(page.get_by_text(re.compile("200 at least"))).to_be_visible()
