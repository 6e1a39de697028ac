"""Every page as everybody meets it: wide and narrow, light and dark, with a screen reader, under the browser's own watch."""

from dataclasses import dataclass, field
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page
from sqlalchemy import select

from portal.models.orders import Order
from tests.journeys.accountant import Accountant
from tests.journeys.portal_house import Portal
from tests.journeys.tour import as_a_newcomer, as_a_reader, as_a_stranger, at_work

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1440, 390)
HEIGHT = 900
FILES = ("Hoodie House Pty Ltd", "Hoodie House Wholesale")
READER = "reader@example.com"
LOGIN = ("books@example.com", "sandbox-books-1")
PAGES = 33
SPOILED = '<img src="/healthz" onclick="go()"><textarea cols="400"></textarea>'
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Inspector:
    """Looks at one page after the other and notes what is wrong with it."""

    page: Page
    seen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note what the browser complains of: errors of scripts, and whatever the content policy refused."""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that is not there says so in the console, as it should.
        is_the_page = message.location.get("url") == self.page.url and "status of 404" in message.text
        if message.type == "error" and not is_the_page:
            self.faults.append(f"{self.page.url}: {message.text}")

    def look(self, name: str) -> None:
        """Check this page at every width, in both colour schemes."""
        self.seen.append(name)
        self.page.wait_for_load_state()
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            over = self.page.evaluate(OVERFLOW)
            if over > 0:
                self.faults.append(f"{name} at {width}: {over} px too wide")
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                self._ask_axe(f"{name} at {width}, {scheme}")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})

    def _ask_axe(self, where: str) -> None:
        for violation in Axe().run(self.page).response["violations"]:
            places = "; ".join(str(node["target"][0]) for node in violation["nodes"][:3])
            self.faults.append(f"{where}: {violation['id']}: {places}")


def posted_order(portal: Portal) -> int:
    """The number of an order that is in Saasu."""
    found = portal.ask(
        lambda session: session.scalars(select(Order.order_id).where(Order.state == "posted")).all()
    )
    return min(found)


def test_every_page_serves_everybody_at_every_width_in_light_and_dark(
    browser: Browser, portal: Portal
) -> None:
    with browser.new_context(base_url=portal.url, reduced_motion="reduce") as context:
        page = context.new_page()
        inspector, ada = Inspector(page), Accountant(page)
        inspector.listen()
        as_a_stranger(page, inspector.look)
        as_a_newcomer(ada, LOGIN, FILES, inspector.look)
        ada.fill_connector(portal.sandbox.store, portal.sandbox.store.token)
        page.get_by_label("Notification Email", exact=True).check()
        ada.fill("Send notifications to", READER)
        ada.save()
        as_a_reader(page, portal.sandbox.link_in_mail(READER, "confirm"), inspector.look)
        page.goto("/")
        page.get_by_role("rowheader").get_by_role("link").first.click()
        ada.start_processing()
        ada.wait_for_the_end()
        portal.sandbox.cancel(posted_order(portal))
        ada.sync_now(FILES[0])
        ada.wait_for_the_end()
        at_work(page, inspector.look)
        page.goto(portal.sandbox.link_in_mail(READER, "stop"))
        inspector.look("mails-stop")
    assert len(set(inspector.seen)) == PAGES
    assert not inspector.faults, "\n".join(inspector.faults)


def test_the_inspection_finds_what_is_wrong_with_a_page(browser: Browser, portal: Portal) -> None:
    with browser.new_context(base_url=portal.url) as context:
        page = context.new_page()
        inspector = Inspector(page)
        inspector.listen()
        page.goto("/sign-in")
        page.evaluate("words => { document.querySelector('main').innerHTML = words }", SPOILED)
        inspector.look("spoiled")
    assert any("image-alt" in fault for fault in inspector.faults)
    assert any("px too wide" in fault for fault in inspector.faults)
    assert any("Content Security Policy" in fault for fault in inspector.faults)
