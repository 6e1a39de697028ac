"""Whoever changed the connector and did not save it is asked before the page is left, and loses nothing to its buttons."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.journeys.accountant import Accountant
from tests.journeys.connecting import Desk, connected_shop
from tests.journeys.portal_house import Portal


@pytest.fixture(scope="module")
def books(portal: Portal) -> Desk:
    return connected_shop(portal)


def test_a_changed_connector_asks_before_it_is_left_and_keeps_what_was_typed(books: Desk, page: Page) -> None:
    asked: list[str] = []
    answers = [False, False, True]

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        if answers.pop(0):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    ada, connector = Accountant(page), f"/connections/{books.connection_id}"
    ada.sign_in()
    page.goto(connector)
    page.get_by_role("link", name="Runs", exact=True).last.click()
    page.wait_for_url("**/runs?*")
    assert asked == []

    page.goto(connector)
    ada.fill("Order prefix", "NEW")
    page.get_by_role("link", name="Orders", exact=True).last.click()
    page.wait_for_timeout(1000)
    assert (asked, page.url.endswith(connector)) == (["beforeunload"], True)
    page.get_by_role("button", name="Sync now").click()
    page.wait_for_timeout(1000)
    assert (asked, page.url.endswith(connector)) == (["beforeunload"] * 2, True)
    ada.fill("Orders From", "2026-01-01")
    ada.press("Start Processing")
    expect(
        page.get_by_text(
            re.compile("works with what is saved, and this page holds what is not: Order prefix")
        )
    ).to_be_visible()
    expect(page.get_by_label("Order prefix", exact=True)).to_have_value("NEW")

    page.get_by_role("button", name="Sync now").click()
    page.wait_for_url("**/runs/*")
    assert asked == ["beforeunload"] * 3
    page.goto(connector)
    ada.fill("Order prefix", "NEW")
    ada.save()
    page.get_by_role("link", name="Orders", exact=True).last.click()
    page.wait_for_url("**/orders?*")
    assert asked == ["beforeunload"] * 3
