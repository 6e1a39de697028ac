"""The faults that `prove cents` plants: each changes what the product does, in a process of its own alone."""

import time
from decimal import Decimal
from pathlib import Path

import pytest

from portal import money
from portal.clients import saasu_payloads
from portal.sync import discounts, mapping, pricing
from proofs._apart import Crashed, in_turn
from proofs._cents_faults import FAULTS
from tests.builders import catalogue, item, line, order, rules


def planted(fault: str) -> tuple[object, ...]:
    """What some sums come to with a fault planted."""
    FAULTS[fault]()
    return sums()


def sums() -> tuple[object, ...]:
    thirds = vars(discounts)["share"](Decimal("1.01"), [Decimal(1)] * 3)
    many = order(*[line(quantity=number + 1) for number in range(52)])
    mapped = mapping.map_order(many, rules(), catalogue(item("tea-250")))
    sold = mapped.sale.lines if isinstance(mapped, mapping.Mapped) else ()
    body = saasu_payloads.line_body(sold[0]) if sold else {}
    shared = vars(pricing)["share_discount"](Decimal("1.10"), [], Decimal(5)).charges
    return money.cents(Decimal("0.145")), thirds, len(sold), body.get("UnitPrice"), shared


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_changes_a_sum_there_and_none_here(fault: str) -> None:
    before = sums()
    (found,) = in_turn([lambda: planted(fault)], 1)
    assert not isinstance(found, Crashed)
    if fault == "prices-of-two-decimals":
        assert found == before
        return
    assert found != before
    assert sums() == before


def test_prices_lose_their_last_decimals_where_that_is_planted() -> None:
    def price() -> object:
        FAULTS["prices-of-two-decimals"]()
        result = mapping.map_order(
            order(line(price="10.10", quantity=3), coupon="1.00"), rules(), catalogue(item("tea-250"))
        )
        assert isinstance(result, mapping.Mapped)
        return saasu_payloads.line_body(result.sale.lines[0])["UnitPrice"]

    (found,) = in_turn([price], 1)
    assert isinstance(found, Decimal)
    assert found == found.quantize(Decimal("0.01"))


def test_work_that_breaks_is_told_and_the_rest_goes_on() -> None:
    def broken() -> int:
        raise ValueError("broken on purpose")

    crashed, seven = in_turn([broken, lambda: 7], 2)
    assert isinstance(crashed, Crashed)
    assert "broken on purpose" in str(crashed)
    assert seven == 7


def test_what_shares_a_lane_is_done_one_after_another(tmp_path: Path) -> None:
    """Else one of two would set the clock of the servers back under the other."""
    second, third = tmp_path / "second has ended", tmp_path / "third has ended"

    def slow() -> bool:
        deadline = time.monotonic() + 20
        while not third.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        second.touch()
        return True

    def quick() -> bool:
        third.touch()
        return True

    assert in_turn([lambda: True, slow, quick, second.exists], 2) == [True, True, True, True]
