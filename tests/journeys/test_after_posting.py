"""An order that is cancelled in the shop after it was posted: the board says so, its page says what to do, a person closes it."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.models.orders import Order
from tests.journeys.accountant import Accountant
from tests.journeys.portal_house import Portal

FILE_ID, FILE = 51001, "Hoodie House Pty Ltd"
LOGIN = ("books@example.com", "sandbox-books-1")


def posted_orders(portal: Portal) -> list[int]:
    query = select(Order.order_id).where(Order.state == "posted").order_by(Order.order_id)
    return portal.ask(lambda session: list(session.scalars(query)))


def test_a_person_sees_a_cancelled_order_deals_with_it_and_saasu_is_left_alone(
    page: Page, portal: Portal
) -> None:
    ada = Accountant(page)
    ada.sign_up()
    ada.add_saasu_files(*LOGIN, FILE)
    ada.open_connector(FILE)
    ada.fill_connector(portal.sandbox.store, portal.sandbox.store.token)
    ada.save()
    ada.start_processing()
    ada.wait_for_the_end()
    number = posted_orders(portal)[0]
    before = portal.sandbox.sale_orders(FILE_ID)

    portal.sandbox.cancel(number)
    ada.sync_now(FILE)
    ada.wait_for_the_end()

    page.goto("/")
    page.get_by_role("link", name=re.compile("^Posted, look once 1 order")).click()
    page.get_by_role("link", name=f"#{number}").click()
    changes = page.get_by_role("region", name=re.compile("^Changed in the shop since it was posted"))
    expect(changes).to_contain_text("to Cancelled")
    expect(changes).to_contain_text(f"cancel or delete Sale Order SHO{number}")
    expect(page.get_by_text(re.compile(r"Read back from Saasu today .* the same\."))).to_be_visible()
    ada.press("I have dealt with it")
    expect(page.get_by_text(re.compile("^Dealt with by"))).to_be_visible()
    expect(page.get_by_role("button", name="I have dealt with it")).to_have_count(0)
    page.goto("/orders?state=posted_look")
    expect(page.get_by_role("heading", name="No such orders")).to_be_visible()
    assert portal.sandbox.sale_orders(FILE_ID) == before
