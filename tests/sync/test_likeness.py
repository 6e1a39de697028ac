"""The item a missing SKU most likely means."""

import pytest

from portal.sync.likeness import Likely, likely_item
from portal.sync.rules import Item
from tests.builders import item


def items(*codes: str) -> list[Item]:
    return [item(code, number) for number, code in enumerate(codes, 1)]


def likely(sku: str, *codes: str) -> tuple[str, str] | None:
    found = likely_item(sku, items(*codes))
    return (found.item.code, found.differs) if found else None


@pytest.mark.parametrize(
    ("sku", "code"),
    [("sh hoodie red", "SH-HOODIE-RED"), ("SH.HOODIE/RED", "sh-hoodie_red"), ("tea250", "TEA-250")],
)
def test_a_code_of_the_same_letters_and_digits_is_likely(sku: str, code: str) -> None:
    assert likely(sku, "MUG", code, "SH-HOODIE-BLUE") == (code, "written with other blanks, hyphens or dots")


def test_a_code_in_other_capitals_is_likely() -> None:
    assert likely("Mug", "MUG") == ("MUG", "written with other capitals")


def test_of_two_codes_with_the_same_letters_neither_is_likely() -> None:
    assert likely("sh hoodie", "SH-HOODIE", "SHHOODIE") is None


def test_a_word_more_or_less_is_slight() -> None:
    assert likely("sh-hoodie-with-logo", "SH-HOODIE-LOGO", "MUG") == (
        "SH-HOODIE-LOGO",
        "the item has no “with”",
    )
    assert likely("sh-hoodie-logo", "SH-HOODIE-WITH-LOGO") == (
        "SH-HOODIE-WITH-LOGO",
        "the item has “with” more",
    )


def test_one_word_spelled_otherwise_is_slight() -> None:
    assert likely("sh-hoody-logo-mens", "SH-HOODIE-LOGO-MENS") == (
        "SH-HOODIE-LOGO-MENS",
        "the item says “hoodie”, the shop “hoody”",
    )


@pytest.mark.parametrize(
    ("sku", "code"),
    [
        ("long-sleeve-tee-s", "LONG-SLEEVE-TEE-M"),
        ("long-sleeve-tee-250", "LONG-SLEEVE-TEE-255"),
        ("long-sleeve-shirt-red", "LONG-SLEEVE-SHIRT-BLUE"),
        ("winter-jacket-navy-mens", "WINTER-JACKET-GREY-MENS"),
        ("long-sleeve-tee-mens", "LONG-SLEEVE-TEE-5"),
        ("hoodie", "MUG"),
        ("silent-listener", "LISTEN-SILENTER"),
        ("", "MUG"),
        ("--", "MUG"),
    ],
)
def test_another_size_colour_or_number_is_never_likely(sku: str, code: str) -> None:
    assert likely(sku, code) is None


def test_the_closest_is_likely_only_where_no_other_is_about_as_close() -> None:
    assert (
        likely("ceramic-teapot-large-green", "CERAMIC-TEAPOT-LARGE-GREEN-X", "CERAMIC-TEAPOT-LARGE-GREEN-Y")
        is None
    )
    assert likely("ceramic-teapot-green", "CERAMIC-TEAPOT-GREEN-A", "CERAMIC-TEAPOT-GREEN-ABCDE") == (
        "CERAMIC-TEAPOT-GREEN-A",
        "the item has “a” more",
    )


def test_an_item_that_cannot_be_sold_is_never_likely() -> None:
    closed = [item("SH-HOODIE", 1, is_active=False), item("SH.HOODIE", 2, is_sold=False)]
    assert likely_item("sh hoodie", closed) is None
    good = item("sh_hoodie", 3)
    assert likely_item("sh hoodie", [*closed, good]) == Likely(
        good, "written with other blanks, hyphens or dots"
    )
