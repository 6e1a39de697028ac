"""Every case that the issue names has its golden order, and no two golden orders are the same case."""

import json
import re
from collections import Counter
from typing import Any

from tests.golden.case_files import paths, read_case, text_of, variations

LEAST = 60
BY_SUBJECT = {
    "Mapping: statuses, currency, dates, numbers": [
        "status-each-synced",
        "status-each-ignored",
        "status-renamed-by-the-shop",
        "status-chosen-by-the-connection",
        "currency-another",
        "currency-display-differs",
        "currency-display-aud-paid-in-usd",
        "date-half-past-eleven-at-night-in-perth",
        "date-thirtieth-of-june",
        "date-hour-that-comes-twice",
        "date-hour-that-is-missing",
        "number-with-prefix",
        "number-from-saasu",
        "message-of-the-customer",
    ],
    "Mapping: items and lines": [
        "inventory-item",
        "combo-item",
        "sku-case-and-blanks",
        "sku-ambiguous",
        "sku-exact-before-alike",
        "sku-alias",
        "sku-missing",
        "sku-two-missing",
        "item-inactive",
        "pick-list-child-with-item",
        "pick-list-child-without-item",
        "pick-list-child-inside-combo",
        "line-without-sku",
        "custom-line",
        "zero-price-line",
        "gift-certificate-sold",
        "gift-wrapping",
        "fifty-one-lines",
        "two-hundred-and-fifty-one-lines",
        "quantity-zero",
        "quantity-two-and-a-half",
        "quantity-hundred",
        "quantity-ten-thousand",
        "quantity-in-decimals-with-a-coupon",
    ],
    "Mapping: totals, bases, fees, refunds, tenders, charges": [
        "free-order",
        "inclusive-shop",
        "exclusive-shop",
        "exclusive-shop-odd-cents",
        "exclusive-shop-rounding-once",
        "basis-contradicts",
        "total-edited-by-hand",
        "totals-overridden-by-api",
        "fee-on-fee-item",
        "fee-without-item",
        "refunded",
        "partly-refunded",
        "paid-by-gift-certificate",
        "paid-by-store-credit",
        "deleted",
        "shipping-handling-wrapping",
        "shipping-item-missing",
        "shipping-free",
        "shipping-taxed-in-part",
        "shipping-negative",
        "refunded-in-part-yet-shipped",
    ],
    "Discounts on the Discount Item": [
        "item-percentage-coupon",
        "item-per-item-coupon",
        "item-promotion-and-coupon",
        "item-mixed-gst",
        "item-mixed-gst-split",
        "item-hundred-percent-off",
        "item-of-discounts-inactive",
        "part-cent-prices-and-a-coupon",
        "item-coupon-on-an-exclusive-shop",
    ],
    "Discounts as percentages of the lines": [
        "percentage-coupon",
        "percentage-per-item-coupon",
        "percentage-promotion-and-coupon",
        "percentage-coupon-over-mixed-gst",
        "one-product-coupon-over-mixed-gst",
        "mixed-gst-without-the-shops-amounts",
        "three-way-split-with-an-odd-cent",
        "hundred-percent-off",
        "discount-larger-than-one-line",
        "discount-larger-than-all-goods",
        "shipping-coupon-reduced",
        "shipping-coupon-counted",
        "shipping-coupon-in-both",
        "several-coupons",
        "exclusive-shop-coupon",
        "coupon-on-a-hundred-and-twenty",
        "coupon-on-ten-thousand",
        "own-discounts-always",
        "prices-of-whole-cents",
        "mixed-gst-discounted-totals-alone",
        "shipping-coupon-counted-over-mixed-gst",
        "shipping-coupon-counted-off-the-shipping",
    ],
    "Tax": [
        "mixed-taxable-and-gst-free",
        "item-taxed-shop-charged-none",
        "item-free-shop-charged-gst",
        "tax-codes-chosen-by-the-connection",
        "export",
        "export-with-gst-charged",
        "file-not-registered-for-gst",
        "file-not-registered-shop-charges-gst",
        "tax-code-absent",
        "tax-rate-unknown",
        "item-without-a-tax-code",
        "gst-differs",
    ],
    "Contacts": [
        "contact-new",
        "contact-unchanged",
        "contact-changed-phone",
        "contact-blank-phone-keeps",
        "contact-renamed",
        "contact-changed-address",
        "contact-stale",
        "contact-blank-address-keeps",
        "contact-blank-state-overwrites",
        "contact-several-with-one-email",
        "contact-inactive",
        "contact-supplier-only",
        "contact-by-name",
        "contact-by-name-ambiguous",
        "contact-company-instead-of-a-name",
        "contact-with-a-new-company",
        "contact-with-a-known-company",
        "contact-company-never-afterwards",
        "contact-nobody",
        "contact-apostrophe-and-hyphen",
        "ship-to-self-same-address",
        "ship-to-self-other-address",
        "ship-to-self-other-address-new-customer",
        "ship-to-known-person",
        "ship-to-known-person-elsewhere",
        "ship-to-unknown-person",
        "ship-without-a-name",
        "five-shipping-addresses",
        "digital-goods",
        "older-order-writes-no-contact",
        "newer-order-writes-the-contact",
        "existing-contacts-address-only",
        "existing-contacts-leave-alone",
        "email-of-nobody",
        "two-orders-of-a-new-customer",
    ],
    "Duplicates and changes": [
        "number-exists-already",
        "number-is-our-own",
        "changed-after-posting",
        "cancelled-after-posting",
        "still-exists",
        "ignored-then-paid",
        "before-orders-from",
    ],
}
NAMED = [case for cases in BY_SUBJECT.values() for case in cases]
NAME = re.compile(r"\d{3}-[a-z0-9]+(-[a-z0-9]+)*")


def test_every_case_the_issue_names_has_its_file() -> None:
    there = {path.stem.partition("-")[2] for path in paths()}
    assert [case for case in NAMED if case not in there] == []
    assert [case for case in there if case not in NAMED] == []


def test_the_cases_are_many_and_each_has_a_number_and_a_name_of_its_own() -> None:
    names = [path.stem for path in paths()]
    assert len(names) >= LEAST
    assert [name for name in names if not NAME.fullmatch(name)] == []
    numbers = Counter(name.partition("-")[0] for name in names)
    assert [number for number, times in numbers.items() if times > 1] == []


def test_no_two_files_are_the_same_case() -> None:
    parts = [read_case(path, variations(path)[0]) for path in paths()]
    titles = Counter(case.title for case in parts)
    told = Counter(case.what_happens for case in parts)
    acted = Counter(situation(text_of(path)) for path in paths())
    for counted in (titles, told, acted):
        assert [one for one, times in counted.items() if times > 1] == []


def situation(case: dict[str, Any]) -> str:
    """All that makes a case's outcome, but for order ids and dates of change, which every file has of its own."""
    told = {name: case.get(name) for name in ("connection", "saasu", "before", "shop", "each")}
    return re.sub(r'"(id|date_modified)": ("[^"]*"|\d+)', "", json.dumps(told, sort_keys=True, default=str))


def test_every_paragraph_is_long_enough_to_be_one() -> None:
    short = [path.stem for path in paths() if len(text_of(path)["what_happens"].split()) < 25]
    assert short == []
