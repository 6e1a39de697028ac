"""The first journey: an order travels from a shop into a Saasu file, and a person watches it arrive."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.models.connections import Connection, SaasuFile
from tests.journeys.accountant import Accountant
from tests.journeys.portal_house import Portal

FILE_ID, FILE = 51001, "Hoodie House Pty Ltd"
OTHER_FILE = "Hoodie House Wholesale"
LOGIN = ("books@example.com", "sandbox-books-1")
MISSING = "sh-hoodie-with-logo"
SENTENCE = re.compile(rf"^Order #\d+: Unable to find product with BigCommerce sku/code={MISSING}$")


def connections(portal: Portal) -> int:
    return portal.ask(lambda session: session.scalar(select(func.count(Connection.id)))) or 0


def guarded_files(portal: Portal) -> int:
    named = select(func.count(SaasuFile.id)).where(SaasuFile.name == "Guarded Goods")
    return portal.ask(lambda session: session.scalar(named)) or 0


def connect_the_shop(ada: Accountant, portal: Portal) -> None:
    """A wrong token is refused and nothing is saved; a right one connects."""
    page, store = ada.page, portal.sandbox.store
    ada.open_connector(FILE)
    ada.fill_connector(store, "a-token-of-another-shop")
    ada.press_test_connection()
    refusal = page.get_by_role("status").filter(has_text="BigCommerce refused")
    expect(refusal).to_be_visible()
    expect(refusal).to_contain_text("Nothing was saved")
    assert connections(portal) == 0

    ada.fill("Access Token", store.token)
    ada.press_test_connection()
    expect(page.get_by_text("Connection successful", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(rf"{store.name}.*{FILE}"))).to_be_visible()
    assert connections(portal) == 0
    ada.save()
    assert connections(portal) == 1


def watch_orders_arrive(ada: Accountant, portal: Portal) -> int:
    """The run's page shows progress and outcomes without being loaded again. Returns how many orders failed."""
    page, sandbox = ada.page, portal.sandbox
    count = len(sandbox.shop_orders())
    sandbox.slow_posts(0.4)
    ada.start_processing()
    page.evaluate("window.neverReloaded = true")
    expect(page.get_by_text(re.compile(rf"^[1-9]\d? of {count} orders, done by"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="as SHO").nth(1)).to_be_visible()
    ada.wait_for_the_end()
    assert page.evaluate("window.neverReloaded")

    failed = page.get_by_text(SENTENCE).count()
    assert failed >= 1
    expect(page.get_by_role("row").filter(has_text="as SHO")).to_have_count(count - failed)
    assert len(sandbox.sale_orders(FILE_ID)) == count - failed
    sandbox.quicken_posts()
    return failed


def test_an_order_travels_from_a_shop_into_a_saasu_file_while_a_person_watches(
    portal: Portal, page: Page
) -> None:
    ada, sandbox = Accountant(page), portal.sandbox
    ada.sign_up()
    ada.add_saasu_files(*LOGIN, FILE, OTHER_FILE)
    connect_the_shop(ada, portal)
    failed = watch_orders_arrive(ada, portal)

    sandbox.add_item(FILE_ID, MISSING, "Hoodie with Logo")
    ada.sync_now(FILE)
    ada.wait_for_the_end()
    expect(page.get_by_role("row").filter(has_text="as SHO")).to_have_count(failed)
    assert sorted(sandbox.sale_orders(FILE_ID)) == sandbox.expected_sales()

    calls = sandbox.calls_to_saasu()
    ada.sync_now(FILE)
    ada.wait_for_the_end()
    assert sandbox.calls_to_saasu() == calls
    assert sorted(sandbox.sale_orders(FILE_ID)) == sandbox.expected_sales()


def test_saasu_asks_for_a_code_and_takes_it(portal: Portal, page: Page) -> None:
    ada = Accountant(page, email="bo@example.com")
    ada.sign_up()
    page.get_by_role("link", name="Add Saasu files").first.click()

    ada.sign_in_to_saasu("twokeys@example.com", "sandbox-twokeys-1")
    expect(page.get_by_text("Saasu has sent a verification code.")).to_be_visible()
    assert guarded_files(portal) == 0

    ada.sign_in_to_saasu("twokeys@example.com", "sandbox-twokeys-1", "246810")
    page.get_by_label("Guarded Goods", exact=True).check()
    ada.press("Add files")
    expect(page.get_by_role("rowheader", name="Guarded Goods")).to_be_visible()
    assert guarded_files(portal) == 1
