"""What an accountant does in the portal, by the words she reads on its controls."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from sandbox.world import Store

DAYS_BACK = 6


@dataclass(frozen=True, slots=True)
class Accountant:
    """Somebody at a browser. `page` is what she looks at."""

    page: Page
    email: str = "ada@example.com"
    password: str = "seven quiet ledgers in a row"

    def sign_up(self) -> None:
        """Sign up a firm; ends on the empty board."""
        self.page.goto("/sign-up")
        self.fill("Firm name", "Banksia Bookkeeping")
        self.fill("Your name", "Ada Fairweather")
        self.fill("E-mail", self.email)
        self.fill("Password", self.password)
        self.press("Sign up")
        expect(self.page.get_by_role("heading", name="Clients", exact=True)).to_be_visible()

    def sign_in(self) -> None:
        """Sign in; ends on the board."""
        self.page.goto("/sign-in")
        self.fill("E-mail", self.email)
        self.fill("Password", self.password)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", name="Clients", exact=True)).to_be_visible()

    def sign_in_to_saasu(self, username: str, password: str, code: str = "") -> None:
        """Give a Saasu login."""
        self.fill("Saasu e-mail", username)
        self.fill("Saasu password", password)
        if code:
            self.fill("Verification code", code)
        self.press("Sign in to Saasu")

    def add_saasu_files(self, username: str, password: str, *names: str) -> None:
        """Add the files of a login that are named; ends on the board."""
        self.page.goto("/")
        self.page.get_by_role("link", name="Add Saasu files").first.click()
        self.sign_in_to_saasu(username, password)
        for name in names:
            self.page.get_by_label(name, exact=True).check()
        self.press("Add files")
        for name in names:
            expect(self.page.get_by_role("rowheader", name=name)).to_be_visible()

    def open_connector(self, file_name: str) -> None:
        """Open the page that connects a shop to a file."""
        self.page.goto("/")
        self.page.get_by_role("link", name=f"Connect a shop to {file_name}").click()

    def fill_connector(self, store: Store, token: str) -> None:
        """Fill every field of the source document."""
        self.page.get_by_label("Enable BigCommerce", exact=True).check()
        self.fill("Shop Code", store.hash)
        self.fill("Client ID", store.client_id)
        self.fill("Client Secret", store.client_secret)
        self.fill("Access Token", token)
        self.fill("Order prefix", "SHO")
        self.choose("Shipping Item", "SHIPPING")
        self.choose("Discount Item", "DISCOUNT")

    def press_test_connection(self) -> None:
        """Press the button that saves nothing."""
        self.press("Test Connection")

    def save(self) -> None:
        """Save the connector."""
        self.press("Save")
        expect(self.page.get_by_text(re.compile(r"^Saved\."))).to_be_visible()

    def start_processing(self) -> None:
        """Take orders of the last days; ends on the page of the backfill."""
        since = date.today() - timedelta(days=DAYS_BACK)  # noqa: DTZ011 - a person's own calendar
        self.fill("Orders From", since.isoformat())
        self.press("Start Processing")
        self.page.wait_for_url("**/backfills/*")

    def preview_orders(self) -> None:
        """Preview the orders of the last days from the connector's page; ends on the page of the preview, once it is made."""
        since = date.today() - timedelta(days=DAYS_BACK)  # noqa: DTZ011 - a person's own calendar
        self.fill("Orders From", since.isoformat())
        self.press("Preview")
        self.wait_for_the_preview()

    def wait_for_the_preview(self, seconds: int = 60) -> None:
        """Watch a preview's page until every order is listed."""
        self.page.wait_for_url("**/previews/*")
        listed = self.page.get_by_role("heading", name="The orders", exact=True)
        expect(listed).to_be_visible(timeout=seconds * 1000)

    def sync_now(self, file_name: str) -> None:
        """Start a run from the board; ends on its page."""
        self.page.goto("/")
        self.page.get_by_role("button", name=f"Sync now: {file_name}").click()
        self.page.wait_for_url("**/runs/*")

    def wait_for_the_end(self, seconds: int = 60) -> None:
        """Watch the run's page, without touching it, until the run is over."""
        state = self.page.get_by_text(re.compile(r"^(Finished|Incomplete|Failed|Stopped)$"))
        expect(state.first).to_be_visible(timeout=seconds * 1000)

    def fill(self, label: str, words: str) -> None:
        """Type into a field."""
        self.page.get_by_label(label, exact=True).fill(words)

    def choose(self, label: str, words: str) -> None:
        """Choose from a list the line that begins with these words."""
        field = self.page.get_by_label(label, exact=True)
        line = field.get_by_role("option", name=re.compile(rf"^{re.escape(words)}\b"))
        field.select_option(label=line.first.inner_text())

    def press(self, words: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=words, exact=True).click()
