"""Which orders a list call is about: filters, sorting, pages (BC §3)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.bigcommerce.answers import Refusal
from sandbox.bigcommerce.state import Record, Settings, Shop, read_moment

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 250
DATES: Final = ("min_date_created", "max_date_created", "min_date_modified", "max_date_modified")
NUMBERS: Final = ("min_id", "max_id", "min_total", "max_total", "customer_id", "status_id", "channel_id")
SORT_KEYS: Final = (
    "id",
    "customer_id",
    "date_created",
    "date_modified",
    "status_id",
    "channel_id",
    "external_id",
)
Query = Mapping[str, str]
Test = Callable[[Record], bool]


def selected(shop: Shop, query: Query, now: datetime) -> list[Record]:
    """The orders that a list call is about, sorted, not yet cut into pages. Raises `Refusal` (400)."""
    query = {name: value for name, value in query.items() if name not in shop.settings.ignore_filters}
    tests = [
        *_number_tests(query, shop.settings, now),
        *_date_tests(query, shop.settings, now),
        *_text_tests(query, now),
    ]
    wanted = _deleted(query)
    if wanted is not None:
        tests.append(lambda one: bool(one.value("is_deleted", now)) is wanted)
    elif not shop.settings.lists_deleted:
        tests.append(lambda one: not one.value("is_deleted", now))
    least = int(_number(query, "min_id") or 0)
    found = [one for one in shop.visible(now, least) if all(test(one) for test in tests)]
    return _sorted(found, query.get("sort", ""), now)


def page_of(rows: list[Any], query: Query, settings: Settings) -> list[Any]:
    """One page: 50 rows unless `limit` says otherwise, 250 at most. Raises `Refusal` (400, 413)."""
    page, limit = _whole(query, "page", 1), _whole(query, "limit", DEFAULT_LIMIT)
    if limit > LARGEST_LIMIT:
        if settings.over_limit == "413":
            raise Refusal(413, f"The limit must not be above {LARGEST_LIMIT}.")
        limit = LARGEST_LIMIT
    return rows[(page - 1) * limit : page * limit]


def _whole(query: Query, name: str, standard: int) -> int:
    given = query.get(name, "")
    if not given:
        return standard
    if not given.isdecimal() or int(given) == 0:
        raise Refusal(400, f"The field '{name}' is invalid.")
    return int(given)


def _number(query: Query, name: str) -> Decimal | None:
    given = query.get(name, "").strip()
    if not given:
        return None
    try:
        return Decimal(given)
    except InvalidOperation:
        raise Refusal(400, f"The field '{name}' is invalid.") from None


def _number_tests(query: Query, settings: Settings, now: datetime) -> Iterable[Test]:
    fields = {"min_id": "id", "max_id": "id", "min_total": "total_inc_tax", "max_total": "total_inc_tax"}
    for name in NUMBERS:
        wanted = _number(query, name)
        if wanted is not None:
            yield _number_test(name, fields.get(name, name), wanted, settings, now)


def _number_test(name: str, field: str, wanted: Decimal, settings: Settings, now: datetime) -> Test:
    def test(one: Record) -> bool:
        value = Decimal(one.id) if field == "id" else Decimal(str(one.value(field, now) or 0))
        return _within(name, value, wanted, settings)

    return test


def _date_tests(query: Query, settings: Settings, now: datetime) -> Iterable[Test]:
    for name in DATES:
        # A date that cannot be read is passed over in silence: the filter then lets everything through.
        wanted = read_moment(query.get(name, ""))
        if wanted is not None:
            yield _date_test(name, wanted, settings, now)


def _date_test(name: str, wanted: datetime, settings: Settings, now: datetime) -> Test:
    if name.endswith("created"):
        return lambda one: _within(name, one.created, wanted, settings)
    return lambda one: _within(name, one.modified(now), wanted, settings)


def _within(name: str, value: Any, wanted: Any, settings: Settings) -> bool:
    if value == wanted:
        return settings.inclusive_filters or not name.startswith(("min_", "max_"))
    if name.startswith("min_"):
        return bool(value > wanted)
    return bool(value < wanted) if name.startswith("max_") else False


def _text_tests(query: Query, now: datetime) -> Iterable[Test]:
    for name in ("cart_id", "payment_method", "external_order_id"):
        if query.get(name):
            yield _text_test(name, query[name], now)
    email = query.get("email", "").strip().casefold()
    if email:
        yield lambda one: str(one.value("billing_address", now).get("email", "")).casefold() == email


def _text_test(name: str, wanted: str, now: datetime) -> Test:
    return lambda one: str(one.value(name, now) or "").casefold() == wanted.casefold()


def _deleted(query: Query) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(query.get("is_deleted", "").lower())


def _sorted(found: list[Record], wanted: str, now: datetime) -> list[Record]:
    key, _, direction = wanted.partition(":")
    if not wanted:
        return found
    if key not in SORT_KEYS or direction not in {"", "asc", "desc"}:
        raise Refusal(400, "The field 'sort' is invalid.")
    by: dict[str, Callable[[Record], Any]] = {
        "id": lambda one: one.id,
        "date_created": lambda one: one.created,
        "date_modified": lambda one: one.modified(now),
        "external_id": lambda one: str(one.value("external_id", now) or ""),
    }
    chosen = by.get(key) or _field_of(key, now)
    return sorted(found, key=lambda one: (chosen(one), one.id), reverse=direction == "desc")


def _field_of(name: str, now: datetime) -> Callable[[Record], Any]:
    return lambda one: int(one.value(name, now) or 0)
