"""The page of the pretend shops shows each by its own clock, and never an order of later."""

import re
from datetime import UTC, datetime

import pytest
import requests

from sandbox.serve import running
from sandbox.world import named

LATE_IN_UTC = datetime(2026, 11, 24, 22, 55, tzinfo=UTC)  # 25 November, five to ten in the morning, in Sydney


def at(shown: str) -> datetime:
    """A moment of the page, to be compared with others of the same shop."""
    return datetime.strptime(shown, "%d %b %Y %H:%M").replace(tzinfo=UTC)


@pytest.mark.parametrize("began", [LATE_IN_UTC, LATE_IN_UTC.replace(hour=13, minute=5)])
def test_every_order_was_placed_by_the_shops_own_now(began: datetime) -> None:
    with running(named("demo", began)) as servers:
        servers.clock.set({"now": began.isoformat()})
        page = requests.get(servers.bigcommerce_url, timeout=30).text

    shops = page.split("<section")[1:]
    zones = {shop.split("it is ")[1].split(" there")[0].split()[-1] for shop in shops}
    assert len(shops) == 8
    assert zones >= {"AEDT", "ACDT", "AWST", "AEST"}
    for shop in shops:
        now = at(shop.split("it is ")[1][:17])
        placed = [at(one) for one in re.findall(r"<td>(\d\d \w{3} \d{4} \d\d:\d\d)</td>", shop)]
        assert placed
        assert all(one <= now for one in placed)
    assert "it is 25 Nov 2026 09:55 AEDT there" in page or began.hour == 13


def test_no_order_of_the_demo_has_a_date_of_later() -> None:
    with running(named("demo", LATE_IN_UTC)) as servers:
        for shop in servers.bigcommerce.shops.values():
            for record in shop.visible(LATE_IN_UTC):
                assert record.created <= LATE_IN_UTC
                assert record.modified(LATE_IN_UTC) <= LATE_IN_UTC
