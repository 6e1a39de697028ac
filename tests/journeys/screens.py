"""Takes a picture of each page of a running demo, wide and narrow: `python -m tests.journeys.screens OUT --portal URL --note DATA/demo.json`.

Signs up one more firm in that demo for the pages that a newcomer sees. The program of the README's pictures (docs/screens).
"""

import argparse
import json
import secrets
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from sandbox.world import named
from tests.journeys.accountant import Accountant
from tests.journeys.browser import NO_BROWSER, browser_running, find_browser
from tests.journeys.palette import with_few_colours
from tests.journeys.tour import as_a_newcomer, as_a_stranger, at_work

WIDTHS = (1440, 390)
HEIGHT = 900
LARGEST = 80_000  # bytes of one picture
COLOURS = (256, 48, 24, 12)
PATIENCE = 15_000  # milliseconds for a page


def main(argv: list[str]) -> int:
    """Take the pictures. Returns 0 when every one is small enough."""
    options = _parser().parse_args(argv)
    path = find_browser()
    if path is None:
        sys.stderr.write(f"{NO_BROWSER}\n")
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    note = json.loads(options.note.read_text())
    with browser_running(path) as browser:
        pictures = Pictures(browser, options.portal, options.out)
        pictures.of_strangers_and_newcomers()
        pictures.of_work(note["email"], note["password"])
    sizes = {picture.name: picture.stat().st_size for picture in pictures.taken}
    figures = {"pictures": len(sizes), "bytes": sum(sizes.values()), "largest": max(sizes.values())}
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 0 if max(sizes.values()) <= LARGEST else 1


class Pictures:
    """A camera: `taken` is what it has taken."""

    def __init__(self, browser: Browser, portal: str, folder: Path) -> None:
        self._browser = browser
        self._portal = portal
        self._folder = folder
        self.taken: list[Path] = []

    def of_strangers_and_newcomers(self) -> None:
        """Every page up to a first connector, as a firm that signs up now."""
        world = named("demo")
        waiting = {store.file_id for store in world.stores if not store.seeded}
        login = next(login for login in world.logins if waiting & set(login.file_ids))
        files = tuple(file.name for file in world.files if file.id in login.file_ids)
        page = self._page()
        as_a_stranger(page, lambda name: self.take(page, name))
        newcomer = Accountant(page, email=f"newcomer-{secrets.token_hex(4)}@example.com")
        as_a_newcomer(newcomer, (login.username, login.password), files, lambda name: self.take(page, name))
        page.context.close()

    def of_work(self, email: str, password: str) -> None:
        """Every page of the demo's own firm."""
        page = self._page()
        Accountant(page, email=email, password=password).sign_in()
        at_work(page, lambda name: self.take(page, name))
        page.context.close()

    def _page(self) -> Page:
        context = self._browser.new_context(
            base_url=self._portal,
            viewport={"width": WIDTHS[0], "height": HEIGHT},
            reduced_motion="reduce",
            locale="en-AU",
        )
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        return context.new_page()

    def take(self, page: Page, name: str) -> None:
        """One page at every width."""
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            self.taken.append(_saved(page, self._folder / f"{name}-{width}"))
        page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})


def _saved(page: Page, place: Path) -> Path:
    path = place.with_suffix(".png")
    shot = page.screenshot()
    for most in COLOURS:
        path.write_bytes(with_few_colours(shot, most))
        if path.stat().st_size <= LARGEST:
            break
    return path


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.journeys.screens", description=__doc__)
    made.add_argument("out", type=Path, help="the folder of the pictures")
    made.add_argument("--portal", required=True, help="the address of a running demo")
    made.add_argument("--note", type=Path, required=True, help="the demo.json of its data folder")
    return made


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
