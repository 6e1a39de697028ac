"""How a discount is shared, and single cents dealt out (SYNC §5 Discounts)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import ZERO, gst_within
from portal.sync.discounts import (
    Discountable,
    deal_out,
    fitted,
    mixes_rates,
    move_cents,
    own_amounts,
    share_discount,
)


def lines(*parts: tuple[str, bool, str]) -> list[Discountable]:
    return [
        Discountable(gross=Decimal(gross), taxed=taxed, applied=Decimal(applied))
        for gross, taxed, applied in parts
    ]


def dollars(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def test_a_discount_is_shared_in_proportion_to_the_lines() -> None:
    shares = share_discount(Decimal(10), lines(("60", True, "0"), ("40", True, "0")), ZERO)
    assert (shares.lines, shares.charges) == (dollars("6", "4"), ZERO)


def test_what_exceeds_the_goods_goes_to_shipping() -> None:
    shares = share_discount(Decimal(12), lines(("10", True, "0")), Decimal(5))
    assert (shares.lines, shares.charges) == (dollars("10"), Decimal(2))


def test_without_lines_everything_goes_to_shipping() -> None:
    assert share_discount(Decimal(2), [], Decimal(5)).charges == Decimal(2)


def test_more_than_goods_and_shipping_is_refused() -> None:
    with pytest.raises(ValueError, match="more than goods and charges"):
        share_discount(Decimal(16), lines(("10", True, "0")), Decimal(5))


def test_own_amounts_are_used_only_where_tax_rates_mix_or_somebody_chose_so() -> None:
    alike = lines(("50", True, "5"), ("50", True, "0"))
    mixed = lines(("50", True, "5"), ("50", False, "0"))
    assert share_discount(Decimal(5), alike, ZERO).lines == dollars("2.50", "2.50")
    assert share_discount(Decimal(5), alike, ZERO, always_own=True).lines == dollars("5", "0")
    assert share_discount(Decimal(5), mixed, ZERO).lines == dollars("5", "0")


def test_a_free_line_of_nothing_mixes_no_rates() -> None:
    assert not mixes_rates(lines(("50", True, "0"), ("0", False, "0")))
    assert mixes_rates(lines(("50", True, "0"), ("1", False, "0")))


def test_own_amounts_that_do_not_sum_to_the_discount_are_not_used() -> None:
    assert own_amounts(Decimal(5), lines(("50", True, "4"), ("50", False, "0"))) is None
    assert own_amounts(Decimal(5), lines(("50", True, "0"), ("50", False, "0"))) is None
    assert own_amounts(Decimal(5), lines(("50", True, "6"), ("50", False, "-1"))) is None
    assert own_amounts(ZERO, lines(("50", True, "0"), ("50", False, "0"))) is None


def test_own_amounts_are_taken_from_the_totals_after_discount_where_nothing_is_attributed() -> None:
    def kept(gross: str, taxed: bool, missing: str | None, applied: str = "0") -> Discountable:
        return Discountable(
            gross=Decimal(gross),
            taxed=taxed,
            applied=Decimal(applied),
            missing=None if missing is None else Decimal(missing),
        )

    mixed = [kept("50", True, "5"), kept("50", False, "0")]
    assert share_discount(Decimal(5), mixed, ZERO).lines == dollars("5", "0")
    assert own_amounts(Decimal(6), mixed) is None
    both = [kept("50", True, "4", "1"), kept("50", False, "1", "4")]
    assert own_amounts(Decimal(5), both) == dollars("1", "4")
    partly = [kept("50", True, None, "4"), kept("50", False, "1")]
    assert own_amounts(Decimal(5), partly) == dollars("4", "1")


def test_a_shipping_coupon_counted_in_the_discount_stays_on_the_shipping() -> None:
    mixed = lines(("50", True, "5"), ("50", False, "0"))
    shares = share_discount(Decimal(14), mixed, Decimal(10), on_shipping=Decimal(9))
    assert (shares.lines, shares.charges, shares.own_amounts) == (dollars("5", "0"), Decimal(9), True)
    split = share_discount(Decimal(14), mixed, Decimal(8), on_shipping=Decimal(9))
    assert (split.lines, split.charges, split.own_amounts) == (dollars("7", "7"), ZERO, False)
    alike = lines(("50", True, "5"), ("50", True, "0"))
    assert share_discount(Decimal(14), alike, Decimal(10), on_shipping=Decimal(9)).lines == dollars("7", "7")


def test_own_amounts_above_their_line_are_not_used() -> None:
    assert own_amounts(Decimal(5), lines(("4", True, "5"), ("50", False, "0"))) is None


def test_own_amounts_in_part_cents_still_sum_to_the_discount() -> None:
    found = own_amounts(Decimal("10.00"), lines(("50", True, "3.3333"), ("50", False, "6.6667")))
    assert found == dollars("3.33", "6.67")


def test_own_amounts_may_miss_the_discount_by_the_room_that_is_given() -> None:
    parts = lines(("50", True, "4.97"), ("50", False, "0"))
    assert own_amounts(Decimal("5.00"), parts) is None
    assert own_amounts(Decimal("5.00"), parts, Decimal("0.02")) == dollars("5.00", "0")
    assert share_discount(Decimal("5.00"), parts, ZERO, room=Decimal("0.02")).own_amounts


def test_what_rounding_puts_over_a_line_goes_to_one_with_a_part_and_only_then_to_another() -> None:
    most = dollars("1.00", "4.00", "0.50", "9.00")
    assert fitted(dollars("4.02", "0", "0.50", "1.00"), most, Decimal(5)) == dollars(
        "1.00", "0", "0.50", "4.02"
    )
    assert fitted(dollars("1.03", "0", "0.50", "0"), most, Decimal("0.03")) == dollars(
        "1.00", "0.03", "0.50", "0"
    )
    assert fitted(dollars("1.00", "0", "0.50", "0"), most, ZERO) == dollars("1.00", "0", "0.50", "0")


def test_more_over_than_the_room_or_than_there_is_fits_nowhere() -> None:
    assert fitted(dollars("1.03", "0"), dollars("1.00", "4.00"), Decimal("0.02")) is None
    assert fitted(dollars("1.03", "4.00"), dollars("1.00", "4.01"), Decimal("0.05")) is None


def test_cents_are_dealt_to_the_lines_rounding_treated_worst() -> None:
    exact, rounded = dollars("1.004", "2.001", "0"), dollars("1.00", "2.00", "0")
    assert deal_out(Decimal("0.01"), exact, rounded) == dollars("1.01", "2.00", "0")
    assert deal_out(Decimal("-0.01"), exact, rounded) == dollars("1.00", "1.99", "0")


def test_more_cents_than_lines_go_round_once_more() -> None:
    assert deal_out(Decimal("0.02"), dollars("1", "0"), dollars("1", "0")) == dollars("1.02", "0")
    assert deal_out(Decimal("-0.03"), dollars("1", "2.001"), dollars("1", "2")) == dollars("0.98", "1.99")


def test_cents_that_nobody_can_give_or_take_are_not_dealt() -> None:
    assert deal_out(Decimal("0.01"), dollars("0"), dollars("0")) is None
    assert deal_out(Decimal("-0.02"), dollars("0.01"), dollars("0.01")) is None
    assert deal_out(Decimal("-0.01"), dollars("0.01"), dollars("0.01")) == dollars("0")


def test_a_moved_cent_mends_the_gst_and_keeps_the_total() -> None:
    nets = dollars("10.06", "20.00")
    before = sum(map(gst_within, nets))
    moved = move_cents(nets, [True, True], Decimal("0.01"), [True, True])
    assert sum(moved) == sum(nets)
    assert sum(map(gst_within, moved)) == before + Decimal("0.01")


def test_a_cent_that_cannot_be_moved_stays() -> None:
    assert move_cents(dollars("11.00"), [True], Decimal("0.01"), [True]) == dollars("11.00")
    assert move_cents(dollars("10.05"), [True], Decimal("0.01"), [True]) == dollars("10.05")


@given(
    st.lists(st.decimals(min_value=Decimal("0.02"), max_value=500, places=2), min_size=1, max_size=8),
    st.sampled_from(["0.01", "-0.01", "0.02", "-0.03"]),
)
def test_moving_cents_never_changes_the_total_nor_a_line_by_more_than_one(
    nets: list[Decimal], missing: str
) -> None:
    moved = move_cents(nets, [True] * len(nets), Decimal(missing), [True] * len(nets))
    assert sum(moved) == sum(nets)
    assert all(abs(after - before) <= Decimal("0.01") for before, after in zip(nets, moved, strict=True))
    before, after = sum(map(gst_within, nets)), sum(map(gst_within, moved))
    assert abs(before + Decimal(missing) - after) <= abs(Decimal(missing))
