"""Every component in every state, in a real browser: readable by everybody, at both widths, light and dark, printed."""

import threading
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from portal import reports
from tests.cast import Cast, signed_in
from tests.journeys.browser import NO_BROWSER, browser_running, find_browser
from tests.web import gallery

WIDTHS = (1440, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    with browser_running(path) as browser:
        yield browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The address of the app with the gallery, on a free port of this machine."""
    gallery.register(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(
    browser: Browser,
    app: Flask,
    cast: Cast,
    address: str,
    *,
    width: int = 1440,
    scheme: Literal["light", "dark"] = "light",
) -> BrowserContext:
    """A window in which Alice is signed in."""
    cookie = signed_in(app, cast.alice).get_cookie("cartledger")
    assert cookie is not None
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    context.add_cookies([{"name": "cartledger", "value": cookie.value, "url": address}])
    return context


def complaints(page: Page) -> list[str]:
    """What a page tells the console; a policy that is broken is told there."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page, each with its first element."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_component_is_readable_by_everybody(
    browser: Browser, app: Flask, cast: Cast, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, app, cast, address, width=width, scheme=scheme) as context:
        page = context.new_page()
        heard = complaints(page)
        page.goto("/gallery")
        page.get_by_text("Ignore this order…").click()
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert heard == []


def test_a_long_list_is_searched_by_typing_and_sends_only_what_was_chosen(
    browser: Browser, app: Flask, cast: Cast, address: str
) -> None:
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery")
        chosen, find = (
            page.get_by_label("Shipping Item", exact=True),
            page.get_by_placeholder("search items…"),
        )
        chosen.select_option("7")
        find.fill("item 3")
        assert chosen.locator("option").count() == 14
        assert chosen.input_value() == "7"
        find.fill("item-33")
        find.press("Enter")
        assert chosen.input_value() == "33"
        assert page.url.endswith("/gallery")


def test_asking_first_names_what_happens_and_leads_back(
    browser: Browser, app: Flask, cast: Cast, address: str
) -> None:
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery")
        yes = page.get_by_role("button", name="Ignore order #999")
        page.get_by_text("Ignore this order…").press("Enter")
        assert yes.is_visible()
        page.keyboard.press("Escape")
        assert not yes.is_visible()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_keyboard_reaches_the_content_first_and_signs_out(
    browser: Browser, app: Flask, cast: Cast, address: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.get_by_text("You", exact=True).press("Enter")
        page.get_by_role("button", name="Sign out").press("Enter")
        page.wait_for_url("**/sign-in")
        assert [cookie for cookie in context.cookies() if cookie.get("name") == "cartledger"] == []


def test_print_leaves_the_ledger_alone(browser: Browser, app: Flask, cast: Cast, address: str) -> None:
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery")
        page.emulate_media(media="print")
        assert page.get_by_role("table").first.is_visible()
        assert not page.get_by_role("navigation", name="Main").is_visible()
        assert page.get_by_role("button", name="Save").count() == 0


def test_rows_arrive_in_place_and_wait_behind_a_button_for_whoever_reads_further_down(
    browser: Browser, app: Flask, cast: Cast, address: str
) -> None:
    shown: list[str] = app.extensions["gallery_rows"]
    shown.extend(f"order {number}" for number in range(100))
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery/live")
        shown.append("at the top")
        page.get_by_role("rowheader", name="at the top").wait_for()
        reading = page.get_by_role("rowheader", name="order 50", exact=True)
        reading.scroll_into_view_if_needed()
        before = reading.bounding_box()
        shown.extend(["one more", "and another"])
        page.get_by_role("button", name="2 new").wait_for()
        assert page.get_by_role("rowheader", name="one more").count() == 0
        assert abs((reading.bounding_box() or {"y": 0})["y"] - (before or {"y": 0})["y"]) < 60
        page.get_by_role("button", name="2 new").click()
        page.get_by_role("rowheader", name="and another").wait_for()


def test_a_live_part_stops_asking_once_nothing_changes_any_more(
    browser: Browser, app: Flask, cast: Cast, address: str
) -> None:
    shown: list[str] = app.extensions["gallery_rows"]
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery/live")
        with page.expect_response("**/gallery/rows"):
            shown.append("done")
        page.get_by_role("rowheader", name="done").wait_for()
        shown.append("never asked for")
        page.wait_for_timeout(300)
        assert page.get_by_role("rowheader", name="never asked for").count() == 0


def test_the_count_beside_needs_you_follows_the_live_part(
    browser: Browser, app: Flask, cast: Cast, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [2]
    monkeypatch.setattr(reports, "needs_you_count", lambda _session, _firm_id: waiting[0])
    with opened(browser, app, cast, address) as context:
        page = context.new_page()
        page.goto("/gallery/live")
        link = page.get_by_role("link", name="Needs you")
        for count, words in ((2, "Needs you 2"), (3, "Needs you 3"), (0, "Needs you"), (11, "Needs you 11")):
            waiting[0] = count
            expect(link).to_have_text(words)
        assert page.locator(".frame-count").count() == 1
