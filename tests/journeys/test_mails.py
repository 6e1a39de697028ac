"""An accountant gives an address, its reader says yes, and the next run's mail lies in the mailbox: in a real browser, over SMTP."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.accountant import Accountant
from tests.journeys.portal_house import Portal
from tests.journeys.test_first_light import FILE, LOGIN, MISSING, OTHER_FILE

READER = "reader@example.com"


def open_newest_mail(page: Page, portal: Portal, subject: str) -> None:
    """The newest mail to the reader, on the mailbox's page; mails take seconds."""
    link = page.get_by_role("link", name=re.compile(subject)).first
    for _ in range(60):
        page.goto(f"{portal.sandbox.mailbox_url}/?to={READER}")
        if link.count():
            break
        page.wait_for_timeout(500)
    link.click()
    expect(page.get_by_role("heading", name=re.compile(subject))).to_be_visible()


def follow(page: Page, words: str) -> Page:
    """Press a link inside the mail's own HTML; it opens beside."""
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name=words).click()
    return opened.value


def test_an_address_says_yes_and_gets_the_mail_of_the_next_run(portal: Portal, page: Page) -> None:
    ada = Accountant(page)
    ada.sign_up()
    ada.add_saasu_files(*LOGIN, FILE, OTHER_FILE)
    ada.open_connector(FILE)
    ada.fill_connector(portal.sandbox.store, portal.sandbox.store.token)
    page.get_by_label("Notification Email", exact=True).check()
    ada.fill("Send notifications to", f"{READER}, nobody@")
    ada.press("Save")
    expect(page.get_by_text("“nobody@” is not an e-mail address.")).to_be_visible()

    ada.fill("Send notifications to", READER)
    ada.fill("Access Token", portal.sandbox.store.token)
    ada.fill("Client Secret", portal.sandbox.store.client_secret)
    ada.save()
    expect(page.get_by_text("waiting to be confirmed")).to_be_visible()
    connector = page.url

    open_newest_mail(page, portal, "Do you want sync notifications from Banksia Bookkeeping")
    question = follow(page, "See the question and confirm")
    expect(question.get_by_role("heading", name="Do you want these mails?")).to_be_visible()
    question.get_by_role("button", name="Yes, send them").click()
    expect(question.get_by_role("heading", name="Thank you")).to_be_visible()

    page.goto(connector)
    expect(page.get_by_text(re.compile(r"^confirmed \d"))).to_be_visible()
    ada.start_processing()
    ada.wait_for_the_end()
    backfill = page.url
    open_newest_mail(page, portal, r"posted, \d+ need you")
    expect(page.locator("pre")).to_contain_text(
        re.compile(r"\* Order #\d+: Unable to find product with BigCommerce sku/code=" + MISSING)
    )
    told = follow(page, "Open the backfill")
    expect(told).to_have_url(backfill)

    page.goto(connector)
    page.get_by_role("link", name="Mails sent").click()
    expect(
        page.get_by_role("row").filter(has_text="need you").get_by_text("Sent", exact=True)
    ).to_be_visible()
    open_newest_mail(page, portal, r"posted, \d+ need you")
    goodbye = follow(page, "No more of these mails")
    goodbye.get_by_role("button", name="Send no more").click()
    expect(goodbye.get_by_role("heading", name="No more mails")).to_be_visible()
    page.goto(connector)
    expect(page.get_by_text("wants no more mails since")).to_be_visible()
