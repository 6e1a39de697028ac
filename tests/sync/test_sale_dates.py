"""The date of a sale is the day on which the order was created in the file's time zone (SYNC §5)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.sync.mapping import Mapped, map_order
from tests import builders

SYDNEY, PERTH, HOWE = "Australia/Sydney", "Australia/Perth", "Australia/Lord_Howe"
DARWIN, ADELAIDE, EUCLA = "Australia/Darwin", "Australia/Adelaide", "Australia/Eucla"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sale_date(created: datetime, zone: str) -> date:
    mapped = map_order(
        builders.order(created_at=created), builders.rules(zone=ZoneInfo(zone)), builders.catalogue()
    )
    assert isinstance(mapped, Mapped)
    return mapped.sale.on


@pytest.mark.parametrize(
    ("zone", "created", "expected", "why"),
    [
        (SYDNEY, "2026-10-03T15:59:59", date(2026, 10, 4), "a second before the clock leaps from 2 to 3 am"),
        (SYDNEY, "2026-10-03T16:00:00", date(2026, 10, 4), "3 am, the moment after the leap"),
        (SYDNEY, "2026-10-03T13:59:59", date(2026, 10, 3), "11.59 pm on the evening before, still AEST"),
        (SYDNEY, "2026-10-04T12:59:59", date(2026, 10, 4), "11.59 pm on the first evening of AEDT"),
        (SYDNEY, "2026-10-04T13:00:00", date(2026, 10, 5), "midnight comes at 13:00 UTC from now on"),
        (SYDNEY, "2026-04-04T15:30:00", date(2026, 4, 5), "2.30 am for the first time, AEDT"),
        (SYDNEY, "2026-04-04T16:30:00", date(2026, 4, 5), "2.30 am once more, AEST"),
        (SYDNEY, "2026-04-04T12:59:59", date(2026, 4, 4), "11.59 pm on the last evening of AEDT"),
        (SYDNEY, "2026-04-05T13:59:59", date(2026, 4, 5), "11.59 pm on the first evening of AEST"),
        (SYDNEY, "2026-06-30T13:59:59", date(2026, 6, 30), "the last second of the financial year"),
        (SYDNEY, "2026-06-30T14:00:00", date(2026, 7, 1), "the first second of the new one"),
        (SYDNEY, "2026-12-31T13:00:00", date(2027, 1, 1), "midnight of New Year's Day"),
        (SYDNEY, "2028-02-28T13:30:00", date(2028, 2, 29), "half past midnight on a leap day"),
        (PERTH, "2026-06-30T15:30:00", date(2026, 6, 30), "11.30 pm, when it is July in Sydney"),
        (PERTH, "2026-06-30T16:00:00", date(2026, 7, 1), "midnight in Perth"),
        (PERTH, "2026-10-03T16:30:00", date(2026, 10, 4), "no daylight saving there"),
        (HOWE, "2026-10-03T15:29:59", date(2026, 10, 4), "1.59 am, before a leap of half an hour"),
        (HOWE, "2026-10-03T15:30:00", date(2026, 10, 4), "2.30 am, after it"),
        (HOWE, "2026-10-04T12:59:59", date(2026, 10, 4), "11.59 pm at eleven hours ahead"),
        (HOWE, "2026-04-05T13:29:59", date(2026, 4, 5), "11.59 pm at ten and a half hours ahead"),
        (HOWE, "2026-04-05T13:30:00", date(2026, 4, 6), "midnight at ten and a half hours ahead"),
        (DARWIN, "2026-06-30T14:29:59", date(2026, 6, 30), "half an hour off, no daylight saving"),
        (DARWIN, "2026-06-30T14:30:00", date(2026, 7, 1), "midnight in Darwin"),
        (ADELAIDE, "2026-01-01T13:29:59", date(2026, 1, 1), "summer at ten and a half hours ahead"),
        (EUCLA, "2026-06-30T15:14:59", date(2026, 6, 30), "eight and three quarters ahead"),
        (EUCLA, "2026-06-30T15:15:00", date(2026, 7, 1), "midnight in Eucla"),
    ],
)
def test_a_sale_is_dated_in_the_files_zone(zone: str, created: str, expected: date, why: str) -> None:
    assert sale_date(at(created), zone) == expected, why


def test_one_moment_is_two_days_in_two_files() -> None:
    moment = at("2026-06-30T15:00:00")

    assert (sale_date(moment, SYDNEY), sale_date(moment, PERTH)) == (date(2026, 7, 1), date(2026, 6, 30))
