"""A walk past every page, by the words of its links: what the checks of pages and the program of pictures both follow."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.journeys.accountant import Accountant

Look = Callable[[str], None]
"""Called on each page with its name."""


def as_a_stranger(page: Page, look: Look) -> None:
    """The pages before the door."""
    for address in ("sign-in", "sign-up"):
        page.goto(f"/{address}")
        look(address)


def as_a_newcomer(ada: Accountant, saasu: tuple[str, str], files: tuple[str, ...], look: Look) -> None:
    """From the sign-up to the connector of a first file, which is left open and empty."""
    ada.sign_up()
    look("clients-empty")
    ada.page.goto("/runs")
    look("runs-empty")
    ada.page.goto("/orders")
    look("orders-empty")
    ada.page.goto("/")
    ada.page.get_by_role("link", name="Add Saasu files").first.click()
    look("add-saasu-files")
    ada.sign_in_to_saasu(*saasu)
    expect(ada.page.get_by_role("heading", name="Choose files")).to_be_visible()
    look("choose-files")
    for name in files:
        ada.page.get_by_label(name, exact=True).check()
    ada.press("Add files")
    ada.open_connector(files[0])
    look("connector-new")


def as_a_reader(page: Page, question_url: str, look: Look) -> None:
    """What somebody sees who was asked for notifications: the question, and the thanks."""
    page.goto(question_url)
    look("mails-question")
    page.get_by_role("button", name="Yes, send them").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    look("mails-confirmed")


def at_work(page: Page, look: Look) -> None:
    """The pages of a firm whose shops are synced; some orders are posted and some need somebody."""
    page.goto("/")
    look("clients")
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_label("Order prefix", exact=True)).to_be_visible()
    look("connector")
    connector = page.url
    page.get_by_text("More choices", exact=True).click()
    look("connector-choices")
    page.get_by_role("link", name="Other names of items").click()
    expect(page.get_by_role("heading", name="Other names of items")).to_be_visible()
    look("item-names")
    page.goto(connector)
    at_backfills(page, look)
    page.goto(connector)
    at_previews(Accountant(page), look)
    for name, address in (
        ("runs", "/runs"),
        ("orders", "/orders"),
        ("needs-you", "/orders?state=needs_you"),
        ("ignored", "/orders?state=ignored"),
        ("posted-look-once", "/orders?state=posted_look"),
        ("mails", "/mails"),
    ):
        page.goto(address)
        look(name)
    page.goto("/runs")
    busiest_run(page).click()
    page.wait_for_url("**/runs/*")
    look("run")
    for name, state in (
        ("posted-order", "posted"),
        ("failed-order", "needs_you"),
        ("changed-order", "posted_look"),
    ):
        page.goto(f"/orders?state={state}")
        page.get_by_role("rowheader").get_by_role("link").first.click()
        page.wait_for_url("**/orders/*")
        look(name)
    page.goto("/problems")
    look("problems")
    page.goto("/nothing-of-that-name")
    look("not-found")


def at_previews(ada: Accountant, look: Look) -> None:
    """The pages of previews, from the connector's page on."""
    page = ada.page
    ada.preview_orders()
    look("preview")
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.wait_for_url("**/previewed-orders/*")
    look("previewed-order")
    page.get_by_role("link", name="Preview it again now, with its customer").click()
    expect(page.get_by_role("heading", name=re.compile("as it would be posted now"))).to_be_visible()
    look("order-preview")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Clients").click()
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.get_by_role("link", name="Other days, or one order").click()
    look("previews")


def at_backfills(page: Page, look: Look) -> None:
    """From a connector: the calls its file may use, and the last backfill where there is one."""
    connector = page.url
    page.get_by_role("link", name="Saasu calls a day").click()
    expect(page.get_by_role("heading", name="Saasu calls a day")).to_be_visible()
    look("saasu-calls")
    page.goto(connector)
    backfill = page.get_by_role("link", name=re.compile("^Orders from"))
    if backfill.count():
        backfill.first.click()
        page.wait_for_url("**/backfills/*")
        look("backfill")


def busiest_run(page: Page) -> Locator:
    """The link of the run that posted most among those the page lists."""
    rows = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    heads = page.get_by_role("columnheader").all_inner_texts()
    place = next(number for number, head in enumerate(heads) if head.startswith("Posted")) - 1
    posted = [_first_number(row.get_by_role("cell").nth(place).inner_text()) for row in rows.all()]
    return rows.nth(posted.index(max(posted))).get_by_role("rowheader").get_by_role("link")


def _first_number(words: str) -> int:
    found = re.search(r"\d+", words.replace(",", ""))
    return int(found[0]) if found else 0
