"""Money comes in as `Decimal`, is rounded once and shared without losing a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import MoneyError, cents, dollars, gst_within, money, share

amounts = st.decimals(min_value=0, max_value=99_999, places=2)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("109.0000", "109"),
        (5, "5"),
        (Decimal("1.25"), "1.25"),
        (" 2.50 ", "2.5"),
        ("", "0"),
        ("   ", "0"),
        ("1" * 12 + "." + "1" * 18, "1" * 12 + "." + "1" * 18),
        (None, "0"),
        ("-3", "-3"),
    ],
)
def test_text_numbers_and_blanks_are_read(value: object, amount: str) -> None:
    assert money(value) == Decimal(amount)


@pytest.mark.parametrize("value", ["abc", "NaN", "Infinity", True, [], "1e12", "-1e30", {"a": 1}])
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(MoneyError, match="is not an amount of money"):
        money(value)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ([1] * 30, str([1] * 30)[:40]),
        ("x" * 50, "x" * 40),
        ("9" * 50, "9" * 40),
        ("1" * 12 + "." + "1" * 19, "1" * 12 + "." + "1" * 19),
    ],
)
def test_the_refusal_quotes_forty_characters(value: object, quoted: str) -> None:
    with pytest.raises(MoneyError) as refused:
        money(value)
    assert str(refused.value) == f"{quoted!r} is not an amount of money"


@pytest.mark.parametrize(("amount", "rounded"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.0149", "1.01")])
def test_rounding_is_half_away_from_zero(amount: str, rounded: str) -> None:
    assert cents(Decimal(amount)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("amount", "tax"), [("11.00", "1.00"), ("0.05", "0.00"), ("0.06", "0.01"), ("-11.00", "-1.00")]
)
def test_gst_is_the_eleventh_part(amount: str, tax: str) -> None:
    assert gst_within(Decimal(amount)) == Decimal(tax)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1212.4", "$1,212.40"),
        ("0", "$0.00"),
        ("0.005", "$0.01"),
        ("-12", "−$12.00"),
        ("-0.004", "$0.00"),
        ("1234567.891", "$1,234,567.89"),
    ],
)
def test_an_amount_reads_as_dollars(amount: str, words: str) -> None:
    assert dollars(Decimal(amount)) == words


def test_ties_go_to_the_first_parts() -> None:
    parts = share(Decimal("0.05"), [Decimal(1), Decimal(1), Decimal(1)])
    assert parts == (Decimal("0.02"), Decimal("0.02"), Decimal("0.01"))


@pytest.mark.parametrize("weights", [[], [Decimal(1), Decimal(-1)]])
def test_a_share_without_weights_or_with_negative_ones_is_refused(weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match=r"^a share needs weights, none of them negative$"):
        share(Decimal(1), weights)


def test_part_cents_are_not_shared() -> None:
    with pytest.raises(ValueError, match=r"^only whole cents can be shared$"):
        share(Decimal("0.005"), [Decimal(1)])


def test_without_any_weight_the_first_part_takes_all() -> None:
    assert share(Decimal("0.05"), [Decimal(0), Decimal(0)]) == (Decimal("0.05"), Decimal(0))


@given(amounts, st.lists(amounts, min_size=1, max_size=12), st.booleans())
def test_parts_always_sum_to_the_whole_and_stay_near_their_share(
    total: Decimal, weights: list[Decimal], negative: bool
) -> None:
    total = -total if negative else total
    parts = share(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(
            abs(part - total * weight / whole) < Decimal("0.010001")
            for part, weight in zip(parts, weights, strict=True)
        )


@pytest.mark.parametrize(("total", "weights"), [("1.00", []), ("1.00", ["-1"]), ("1.005", ["1"])])
def test_a_share_that_makes_no_sense_is_refused(total: str, weights: list[str]) -> None:
    with pytest.raises(ValueError, match=r"share|shared"):
        share(Decimal(total), [Decimal(weight) for weight in weights])
