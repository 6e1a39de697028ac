"""The check before going live: what would be posted is seen, put right, seen again, and only then posted."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.models.orders import Order
from tests.journeys.accountant import Accountant
from tests.journeys.portal_house import Portal

FILE_ID, FILE = 51001, "Hoodie House Pty Ltd"
LOGIN = ("books@example.com", "sandbox-books-1")
MISSING = "sh-hoodie-with-logo"


def orders_of_the_ledger(portal: Portal) -> int:
    return portal.ask(lambda session: session.scalar(select(func.count(Order.id)))) or 0


def connect(ada: Accountant, portal: Portal) -> None:
    ada.sign_up()
    ada.add_saasu_files(*LOGIN, FILE)
    ada.open_connector(FILE)
    ada.fill_connector(portal.sandbox.store, portal.sandbox.store.token)
    ada.save()


def see_what_is_missing(ada: Accountant, portal: Portal) -> None:
    """The first preview names the missing item; one order shows both sides and what it would do to its customer."""
    page = ada.page
    expect(page.get_by_text(re.compile(r"^\d+ orders: \d+ would post, 1 misses an item"))).to_be_visible()
    expect(page.get_by_text(f"No Saasu item has the code {MISSING}")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^About \d+ Saasu calls|^About [\d,]+ Saasu calls"))).to_be_visible()
    page.get_by_role("link", name="Show the order").click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.get_by_role("link", name=re.compile(r"^Would post \d+$")).click()
    page.locator("tr[data-row]").first.get_by_role("link").click()
    expect(page.get_by_role("row", name=re.compile(r"^Total .*\$0\.00"))).to_be_visible()
    page.get_by_role("link", name="Preview it again now, with its customer").click()
    expect(page.get_by_text(re.compile(r"^Would (create|update|use) contact")).first).to_be_visible()


def test_a_shop_is_looked_at_before_it_goes_live(portal: Portal, page: Page) -> None:
    ada, sandbox = Accountant(page), portal.sandbox
    connect(ada, portal)

    ada.preview_orders()
    preview = page.url
    see_what_is_missing(ada, portal)
    assert sandbox.sale_orders(FILE_ID) == []
    assert orders_of_the_ledger(portal) == 0

    sandbox.add_item(FILE_ID, MISSING, "Hoodie with Logo")
    page.goto(preview)
    ada.press("Preview again")
    page.wait_for_url(re.compile(rf"/previews/(?!{preview.rpartition('/')[2]})"))
    ada.wait_for_the_preview()
    expect(page.get_by_text("Nothing on the check-list")).to_be_visible()
    told = page.get_by_text(re.compile(r"^\d+ orders: \d+ would post")).inner_text()
    would_post = int(re.findall(r"(\d+) would post", told)[0])
    assert sandbox.sale_orders(FILE_ID) == []

    ada.press("Start Processing")
    page.wait_for_url("**/backfills/*")
    ada.wait_for_the_end()
    assert len(sandbox.sale_orders(FILE_ID)) == would_post
    totals = dict(sandbox.expected_sales())
    assert all(totals[marker] == total for marker, total in sandbox.sale_orders(FILE_ID))
