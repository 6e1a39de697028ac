"""One decoded JSON object, read field by field with the forgiveness both remotes need (BC §4, SA §3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from portal.money import MoneyError, money

# Everything a database or a page cannot show: control characters but tab and line break, and halves of surrogate pairs.
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What nobody sees but everything after it suffers: blanks of no width, and orders to write backwards. Marks that Arabic, Hebrew
# and joined emoji need stay.
INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
LARGEST_WHOLE = 2**53
MOST_DECIMALS = 18
FRACTION = re.compile(r"\.(\d{6})\d+")
YES = frozenset({"true", "1", "yes"})
NO = frozenset({"false", "0", "no"})


class Nonsense(ValueError):
    """A field that cannot be meant; the message names it and quotes at most 40 characters."""


@dataclass(frozen=True, slots=True)
class Row:
    """A JSON object. Null, "", `{}`, `[]` and a missing field are all blank."""

    fields: Mapping[str, object]

    @classmethod
    def of(cls, value: object) -> "Row":
        """The row of a decoded value; anything but an object is a row without fields."""
        return cls(value if isinstance(value, dict) else {})

    def get(self, name: str) -> object:
        """The value as it came, or `None`."""
        return self.fields.get(name)

    def text(self, name: str) -> str:
        """A text without outer blanks and unshowable characters; a number as its digits, anything else blank."""
        value = self.get(name)
        if isinstance(value, str):
            return UNSHOWABLE.sub(" ", INVISIBLE.sub("", value)).strip()
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return str(value)
        return ""

    def amount(self, name: str) -> Decimal:
        """An amount at the precision given, at most 18 decimals; blank is 0. Raises `Nonsense`."""
        value = self.get(name)
        if isinstance(value, str | Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
            try:
                read = money(value)
            except MoneyError as error:
                raise Nonsense(f"{name} {quoted(value)} is not an amount") from error
            exponent = read.as_tuple().exponent
            if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
                raise Nonsense(f"{name} {quoted(value)} has absurdly many decimals")
            return read
        if value:
            raise Nonsense(f"{name} is not an amount")
        return Decimal(0)

    def whole(self, name: str, *, default: int | None = None, largest: int = LARGEST_WHOLE) -> int:
        """A whole number from 0 to `largest`, also from text; blank is the default. Raises `Nonsense`."""
        value = self.get(name)
        if value in (None, "") or (isinstance(value, dict | list) and not value):
            if default is None:
                raise Nonsense(f"{name} is missing")
            return default
        number = self.amount(name)
        if number != number.to_integral_value() or not 0 <= number <= largest:
            raise Nonsense(f"{name} {quoted(value)} is not a sensible whole number")
        return int(number)

    def flag(self, name: str) -> bool | None:
        """Yes, no, or `None` where the field is blank or says neither."""
        value = self.get(name)
        if isinstance(value, bool):
            return value
        said = self.text(name).lower()
        return True if said in YES else False if said in NO else None

    def moment(self, name: str) -> datetime:
        """An aware UTC time from RFC 2822 or ISO 8601; without a zone it is UTC (BC §3, SA §3). Raises `Nonsense`."""
        text = self.text(name)
        if not text:
            raise Nonsense(f"{name} is missing")
        read = moment_of(text)
        if read is None:
            raise Nonsense(f"{name} {quoted(text)} is not a time")
        return read


def rows_of(value: object) -> tuple[Row, ...]:
    """The objects of a list; anything else, a link for one, holds none."""
    return tuple(Row.of(held) for held in value if isinstance(held, dict)) if isinstance(value, list) else ()


def moment_of(text: str) -> datetime | None:
    """The time a text names, in years 1980 to 2200, or `None`."""
    for parse in (iso_moment, parsedate_to_datetime):
        try:
            read = parse(text)
            read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        # The epoch and the year 1 stand for "no date" in many systems; neither can be the date of a sale.
        return read if 1980 <= read.year <= 2200 else None
    return None


def iso_moment(text: str) -> datetime:
    """An ISO 8601 time; a fraction of more than 6 digits is cut. Raises `ValueError`."""
    return datetime.fromisoformat(FRACTION.sub(r".\1", text))


def quoted(value: object) -> str:
    """A value as it may stand in a sentence, 40 characters of it."""
    return repr(UNSHOWABLE.sub(" ", INVISIBLE.sub("", str(value)))[:40])
