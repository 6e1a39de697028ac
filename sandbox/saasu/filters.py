"""Filters and pages of the list calls (FACTS §3): names without regard to case, date pairs, a next link always."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from sandbox.saasu.wire import Record, Refusal, moment

_FLAGS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
DEFAULT_PAGE: Final = 25
LARGEST_PAGE: Final = 100


class Query:
    """The query of one call. Names do not regard case."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)
        self._values = {name.lower(): value for name, value in self.pairs}

    def text(self, name: str) -> str:
        """A filter as text; empty when absent."""
        return self._values.get(name.lower(), "").strip()

    def flag(self, name: str) -> bool | None:
        """A yes-or-no filter. Raises `Refusal` (400) for anything but 1 0 true false yes no."""
        text = self.text(name).lower()
        if text and text not in _FLAGS:
            raise Refusal(400, f"{name} must be true or false.")
        return _FLAGS.get(text)

    def number(self, name: str) -> int | None:
        """A whole-number filter. Raises `Refusal` (400)."""
        text = self.text(name)
        if text and not text.isdecimal():
            raise Refusal(400, f"{name} must be a whole number.")
        return int(text) if text else None

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """A filter with a closed list of values. Raises `Refusal` (400)."""
        text = self.text(name)
        known = {value.lower(): value for value in allowed}
        if text and text.lower() not in known:
            raise Refusal(400, f"{name} must be one of {', '.join(allowed)}.")
        return known.get(text.lower(), "")

    def period(self, name: str) -> tuple[datetime, datetime] | None:
        """A pair `<name>FromDate` and `<name>ToDate`, both or none, in UTC. Raises `Refusal` (400)."""
        first, last = f"{name}FromDate", f"{name}ToDate"
        given = [self.text(first), self.text(last)]
        if not any(given):
            return None
        if not all(given):
            raise Refusal(400, f"{first} and {last} must both be given.")
        try:
            return moment(given[0]), moment(given[1])
        except ValueError:
            raise Refusal(400, f"{first} and {last} must be dates.") from None

    def page(self) -> tuple[int, int]:
        """Page (from 1) and PageSize (25, at most 100). Raises `Refusal` (400) for a page below 1."""
        page, size = self.number("Page"), self.number("PageSize")
        if page == 0 or size == 0:
            raise Refusal(400, "Page and PageSize start at 1.")
        return page or 1, min(size or DEFAULT_PAGE, LARGEST_PAGE)


def within(text: str | None, period: tuple[datetime, datetime] | None) -> bool:
    """Whether a record's moment lies in a period, both ends included."""
    return period is None or (text is not None and period[0] <= moment(text) <= period[1])


def same(value: Any, wanted: str, mode: str = "exact") -> bool:
    """Whether a text matches a filter without regard to case: exact, prefix or contains. No filter matches all."""
    if not wanted:
        return True
    text, looked_for = str(value or "").strip().casefold(), wanted.casefold()
    if mode == "contains":
        return looked_for in text
    return text.startswith(looked_for) if mode == "prefix" else text == looked_for


def tagged(record: Record, query: Query) -> bool:
    """The Tags filter with its TagSelection; `requireAny` when none is named."""
    wanted = {tag.strip().casefold() for tag in query.text("Tags").split(",") if tag.strip()}
    selection = query.choice("TagSelection", ["requireAny", "requireAll", "excludeAny", "excludeAll"])
    if not wanted:
        return True
    has = {str(tag).casefold() for tag in record.get("Tags") or []}
    return {
        "requireAll": wanted <= has,
        "excludeAny": not wanted & has,
        "excludeAll": not wanted <= has,
    }.get(selection, bool(wanted & has))


def link(rel: str, href: str, method: str = "GET") -> Record:
    """One entry of `_links`."""
    return {"rel": rel, "href": href, "method": method, "title": None}


def paged(rows: list[Record], name: str, query: Query, address: str) -> Record:
    """One page of `rows` under `name`, with the `next` link that every page carries and no total (FACTS §3)."""
    page, size = query.page()
    links = [link("next", _page_address(query, address, page + 1))]
    if page > 1:
        links.append(link("previous", _page_address(query, address, page - 1)))
    return {name: rows[(page - 1) * size : page * size], "_links": links}


def _page_address(query: Query, address: str, page: int) -> str:
    pairs = [(name, value) for name, value in query.pairs if name.lower() != "page"]
    return f"{address}?{urlencode([*pairs, ('Page', str(page))], quote_via=quote)}"
