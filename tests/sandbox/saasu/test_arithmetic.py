"""Amounts and GST, with figures worked out by hand."""

from decimal import Decimal

import pytest

from sandbox.saasu.arithmetic import Line, Rules, kept_percentage, kept_price, kept_quantity, total_up

GST = Decimal("0.1")


def line(quantity: str, price: str, percentage: str = "0", rate: Decimal = GST) -> Line:
    return Line(Decimal(quantity), Decimal(price), Decimal(percentage), rate)


def figures(lines: list[Line], rules: Rules | None = None, inclusive: bool = True) -> tuple[str, str]:
    totals = total_up(lines, inclusive, rules or Rules())
    return str(totals.total), str(totals.tax)


def test_a_tenth_of_an_inclusive_price_is_not_its_gst() -> None:
    assert figures([line("1", "110.00")]) == ("110.00", "10.00")


def test_gst_is_the_total_less_the_rounded_net() -> None:
    # 19.99 / 1.1 = 18.1727, so the net is 18.17 and the tax 1.82.
    assert figures([line("1", "19.99")]) == ("19.99", "1.82")


def test_a_negative_line_takes_its_gst_back() -> None:
    # -5.00 / 1.1 = -4.5454, net -4.55, tax -0.45; with 10.00 (net 9.09, tax 0.91).
    assert figures([line("1", "10"), line("1", "-5")]) == ("5.00", "0.46")


def test_gst_free_lines_carry_no_tax() -> None:
    assert figures([line("2", "4.50", rate=Decimal(0))]) == ("9.00", "0.00")


def test_gst_of_an_invoice_is_the_sum_of_its_lines() -> None:
    # Three of 0.06 (net 0.05, tax 0.01 each) give 0.03, where 0.18 / 1.1 = 0.1636 would give 0.02.
    assert figures([line("1", "0.06")] * 3) == ("0.18", "0.03")


def test_an_exclusive_line_has_its_gst_on_top() -> None:
    assert figures([line("3", "10.00")], inclusive=False) == ("33.00", "3.00")


def test_a_half_cent_goes_away_from_zero_or_to_even() -> None:
    # 1 x 1.125 sits on a half cent.
    assert figures([line("1", "1.125")])[0] == "1.13"
    assert figures([line("1", "1.125")], Rules(half="even"))[0] == "1.12"
    assert figures([line("1", "-1.125")])[0] == "-1.13"


def test_summing_first_differs_from_rounding_each_line() -> None:
    # Each line is 0.334; three are 0.99 line by line and 1.002 together.
    lines = [line("1", "0.334")] * 3
    assert figures(lines)[0] == "0.99"
    assert figures(lines, Rules(rounding="sum"))[0] == "1.00"


def test_binary_numbers_can_miss_a_half_cent() -> None:
    # 1.005 x 100 is 100.49999999999999 in binary floating point.
    assert figures([line("1", "1.005")])[0] == "1.01"
    assert figures([line("1", "1.005")], Rules(numbers="binary"))[0] == "1.00"


@pytest.mark.parametrize("rounding", ["line", "sum"])
@pytest.mark.parametrize("half", ["away", "even"])
@pytest.mark.parametrize("tax_on", ["rounded", "unrounded"])
def test_binary_and_decimal_agree_on_whole_cents(rounding: str, half: str, tax_on: str) -> None:
    lines = [
        line("2", "34.95"),
        line("3", "5.20", "50"),
        line("1", "-9.95"),
        line("7", "0.33", rate=Decimal(0)),
    ]
    exact = figures(lines, Rules(rounding, half, "decimal", tax_on))
    # 69.90 + 7.80 - 9.95 + 2.31; tax 6.35 (net 63.55) + 0.71 (7.09) - 0.90 (9.05).
    assert exact == ("70.06", "6.16")
    assert figures(lines, Rules(rounding, half, "binary", tax_on)) == exact


def test_tax_can_be_taken_of_the_unrounded_line() -> None:
    # 0.0494 shows as 0.05. Net of 0.05 is 0.0455 -> 0.05, tax 0.00; net of 0.0494 is 0.0449 -> 0.04, tax 0.01.
    assert figures([line("1", "0.0494")])[1] == "0.00"
    assert figures([line("1", "0.0494")], Rules(tax_on="unrounded"))[1] == "0.01"


def test_the_net_price_can_be_rounded_to_four_decimals_first() -> None:
    # 1.9999 less 33.33 % is 1.33333333, kept as 1.3333; 300 of them are 400.00 exactly and 399.99.
    lines = [line("300", "1.9999", "33.33")]
    assert figures(lines)[0] == "400.00"
    assert figures(lines, Rules(between="net_price"))[0] == "399.99"


def test_the_discount_can_be_rounded_to_cents_first() -> None:
    # 3 x 0.115 = 0.345 less 10 % is 0.3105 -> 0.31 exactly; 0.0345 off in cents is 0.03, so 0.315 -> 0.32.
    lines = [line("3", "0.115", "10")]
    assert figures(lines)[0] == "0.31"
    assert figures(lines, Rules(between="discount"))[0] == "0.32"


def test_quantity_times_price_can_be_rounded_to_cents_first() -> None:
    # 0.345 is 0.35 in cents; less 10 % that is 0.315 -> 0.32 instead of 0.3105 -> 0.31.
    assert figures([line("3", "0.115", "10")], Rules(between="gross"))[0] == "0.32"


@pytest.mark.parametrize("between", ["net_price", "discount", "gross"])
def test_binary_numbers_know_the_same_steps_between(between: str) -> None:
    lines = [line("300", "1.9999", "33.33"), line("3", "0.115", "10")]
    exact = figures(lines, Rules(between=between))
    assert figures(lines, Rules(between=between, numbers="binary")) == exact
    assert exact != figures(lines)


def test_a_hundred_percent_leaves_nothing() -> None:
    assert figures([line("4", "19.95", "100")]) == ("0.00", "0.00")


def test_a_service_line_is_its_amount() -> None:
    given = [Line(rate=GST, amount=Decimal("10.00")), Line(amount=Decimal("20.00"))]
    assert figures(given) == ("30.00", "0.91")


def test_the_engine_keeps_three_four_and_two_decimals() -> None:
    assert kept_quantity(Decimal("5.1255")) == Decimal("5.126")
    assert kept_price(Decimal("2.12345")) == Decimal("2.1235")
    assert kept_price(Decimal("-2.12345")) == Decimal("-2.1235")
    assert kept_percentage(Decimal("12.505")) == Decimal("12.51")
