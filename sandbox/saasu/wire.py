"""JSON in and out of the pretend Saasu, and every shape its refusals take (FACTS §4).

Numbers stay exact: a JSON number with a point is a `Decimal` inside, and goes out as the number it is.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from flask import Response

Record = dict[str, Any]

STALE: Final = "Record to be updated has changed since last read."
LARGEST: Final = Decimal(10) ** 12
SHAPES: Final = ("string", "text", "object", "empty")

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class Refusal(Exception):
    """The call is refused with `status`; the sentence goes out as a JSON string, plain text, object or not at all."""

    def __init__(
        self, status: int, sentence: str = "", shape: str = "string", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.shape = shape
        self.headers = headers or {}

    def answer(self) -> Response:
        """The refusal as Saasu would send it."""
        if self.shape == "empty":
            response = Response(b"", self.status)
            del response.headers["Content-Type"]
        elif self.shape == "text":
            response = Response(self.sentence, self.status, mimetype="text/plain")
        elif self.shape == "grant":
            response = answer({"error": self.sentence}, self.status)
        else:
            response = answer(
                {"Message": self.sentence} if self.shape == "object" else self.sentence, self.status
            )
        response.headers.extend(self.headers)
        return response


def dump(value: object) -> bytes:
    """JSON text of a value; a `Decimal` becomes a number, not a string."""
    return _encoder.encode(value)


def load(text: bytes | str) -> Any:
    """A value from JSON text; numbers with a point become `Decimal`. Raises `msgspec.DecodeError`."""
    return _decoder.decode(text)


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dump(value), status, content_type="application/json; charset=utf-8")


def stamp(moment: datetime) -> str:
    """A moment as the records carry it: UTC, milliseconds, no zone letter (as in the recorded contact)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def moment(text: str) -> datetime:
    """A moment from a date or an ISO 8601 date-time; without a zone it is UTC. Raises `ValueError`."""
    text = text.strip()
    # A zone written with a bare "+" reaches us as a blank.
    read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def day(text: str) -> date:
    """The day of a body date, `YYYY-MM-DD` with or without a time. Raises `ValueError`."""
    return datetime.fromisoformat(text).date()


def number(value: object, what: str) -> Decimal:
    """A number of a body as `Decimal`. Raises `Refusal` (400) when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Refusal(400, f"{what} must be a number.")
    try:
        read = Decimal(value)
    except ArithmeticError:
        raise Refusal(400, f"{what} must be a number.") from None
    if not read.is_finite() or abs(read) >= LARGEST:
        raise Refusal(400, f"{what} must be a number.")
    return read


def whole(value: object) -> int | None:
    """A record id of a body: an integer, written as number or text; None for null and 0. Raises `Refusal` (400)."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Refusal(400, "An id must be a whole number.")
    try:
        return int(value) or None
    except ValueError:
        raise Refusal(400, "An id must be a whole number.") from None
