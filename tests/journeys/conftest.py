"""A whole portal and a real browser for each journey."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from redis import Redis

from tests import databases
from tests.journeys.browser import NO_BROWSER, browser_running, find_browser
from tests.journeys.portal_house import Portal, portal_on

PATIENCE = 10_000  # milliseconds that a page may take to show what it should


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    with browser_running(path) as browser:
        yield browser


@pytest.fixture(scope="module")
def portal(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One for a module, since it takes seconds to start: each of its tests signs up a firm of its own."""
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        try:
            with portal_on(database_url, redis_url, tmp_path_factory.mktemp("portal")) as running:
                yield running
        finally:
            databases.empty(database_url)
            redis.flushdb()


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    context = browser.new_context(base_url=portal.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    context.close()
