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


@pytest.mark.parametrize(("here", "there"), [("planters", "plantings"), ("grey", "gray")])
def test_seven_letters_in_ten_make_it_the_same_word_and_four_letters_a_word(here: str, there: str) -> None:
    assert likely(f"ceramic-garden-{here}-large", f"CERAMIC-GARDEN-{there.upper()}-LARGE") == (
        f"CERAMIC-GARDEN-{there.upper()}-LARGE",
        f"the item says “{there}”, the shop “{here}”",
    )


def test_several_words_more_or_less_are_named_one_by_one() -> None:
    assert likely("large-ceramic-teapot", "LARGE-CERAMIC-TEAPOT-A-B") == (
        "LARGE-CERAMIC-TEAPOT-A-B",
        "the item has “a b” more",
    )
    assert likely("large-ceramic-teapot-a-b", "LARGE-CERAMIC-TEAPOT") == (
        "LARGE-CERAMIC-TEAPOT",
        "the item has no “a b”",
    )


@pytest.mark.parametrize(("more", "slight"), [("-tin", True), ("-gold", False)])
def test_a_code_is_close_from_85_letters_in_a_hundred_on(more: str, slight: bool) -> None:
    assert (likely("teapot-green", f"TEAPOT-GREEN{more}") is not None) is slight


def test_codes_as_long_as_a_field_takes_them_are_compared_like_short_ones() -> None:
    long = "-".join(["teapot", "green"] * 20)

    assert likely(long, f"LARGE-{long.upper()}") == (f"LARGE-{long.upper()}", "the item has “large” more")


@pytest.mark.parametrize(
    ("sku", "code"),
    [
        ("long-sleeve-tee-s", "LONG-SLEEVE-TEE-M"),
        ("long-sleeve-shirt-tee", "LONG-SLEEVE-SHIRT-TEES"),
        ("long-sleeve-shirt-1250", "LONG-SLEEVE-SHIRT-1251"),
        ("long-sleeve-shirt-zipped-mens", "LONG-SLEEVE-SHIRT-ZIPPER-A-MENS"),
        ("long-sleeve-shirt-zipped-a-mens", "LONG-SLEEVE-SHIRT-ZIPPER-MENS"),
        ("winter-jacket-mens-with-zips", "WINTER-JACKET-MENS-WITS-ZIPP"),
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
    assert likely("long-sleeve-tee", "LONG-SLEEVE-TEE-WXYZ", "LONG-SLEEVE-TEE-ABC") == (
        "LONG-SLEEVE-TEE-ABC",
        "the item has “abc” more",
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
