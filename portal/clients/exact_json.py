"""JSON text in and out without ever making a binary number: `5.10` comes in as `Decimal("5.10")` and goes out as `5.10`.

Reading is forgiving where one odd value must not spoil a page of 250 orders: raw control characters, lone surrogates
and numbers of absurd length are let through (the last as text, so that whoever reads the field refuses it).
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

LONGEST_NUMBER = 60
FURTHEST_EXPONENT = 60


class JsonUnreadable(ValueError):
    """The text is no JSON; the message holds nothing of the text."""


def exact_number(text: str) -> Decimal | str:
    """The `Decimal` a JSON number is, or its text where it is too long or too large to be meant."""
    if len(text) > LONGEST_NUMBER:
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number == 0 or abs(number.adjusted()) <= FURTHEST_EXPONENT else text


def whole_number(text: str) -> int | str:
    """The `int` a JSON whole number is, or its text where it is too long to be meant."""
    return int(text) if len(text) <= LONGEST_NUMBER else text


def no_number(_text: str) -> None:
    """`NaN` and `Infinity` are no JSON; they are read as null."""


DECODER = json.JSONDecoder(
    parse_float=exact_number, parse_int=whole_number, parse_constant=no_number, strict=False
)


def load(text: str) -> object:
    """The value of a JSON text: dict, list, str, int, `Decimal`, bool or None. Raises `JsonUnreadable`."""
    try:
        value: object = DECODER.decode(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise JsonUnreadable("this is no JSON") from error
    return value


def dump(value: object) -> str:
    """The JSON text of plain values, ASCII only; a `Decimal` becomes a plain number with the digits it has.

    Raises `TypeError` for anything else, so that no binary number can slip through.
    """
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError("only a finite Decimal can be written as JSON")
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {dump(held)}" for name, held in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(dump(held) for held in value) + "]"
    raise TypeError(f"a {type(value).__name__} cannot be written as exact JSON")
