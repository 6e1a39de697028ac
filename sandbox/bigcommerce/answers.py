"""How the pretend BigCommerce answers: V2 lists and objects, the empty 204, and refusals in both their shapes (BC §1)."""

import json
from typing import Any, Final

from flask import Response

# The newer kind of refusal is an object; the others are the V2 array.
OBJECTS: Final = frozenset({401, 403, 429, 500, 502, 503, 504})
TITLES: Final = {
    401: "Unauthorized: the token in the request is no valid token for this store.",
    403: "You don't have a required scope to access the endpoint",
    429: "Too many requests: the store has used up its quota.",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
SUSPENDED: Final = "The store is suspended. An administrative action or a billing issue may be the reason."
MORE: Final = "/api-docs/getting-started/api-status-codes"


class Refusal(Exception):
    """The call is refused with a status and a sentence."""

    def __init__(self, status: int, sentence: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence or TITLES.get(status, "The request was refused.")

    def answer(self) -> Response:
        """The refusal as the shop would send it."""
        return Response(
            refusal_text(self.status, self.sentence), self.status, content_type="application/json"
        )


def refusal_text(status: int, sentence: str) -> str:
    """The body of a refusal: an array for the V2 kind, else an object."""
    if status in OBJECTS:
        return json.dumps({"status": status, "title": sentence, "type": MORE, "errors": {}})
    return json.dumps([{"status": status, "message": sentence}])


def ordered_error(status: int) -> tuple[dict[str, str], bytes]:
    """What an ordered fault answers; a 429 says that the next window opens in a second."""
    headers = {"Content-Type": "application/json"}
    if status == 429:
        headers |= {
            "x-rate-limit-requests-left": "0",
            "x-rate-limit-requests-quota": "150",
            "x-rate-limit-time-reset-ms": "1000",
            "x-rate-limit-time-window-ms": "30000",
        }
    return headers, refusal_text(status, TITLES.get(status, "The request was refused.")).encode()


def listed(rows: list[Any]) -> Response:
    """A list; an empty one is a 204 without a body (BC §3)."""
    if not rows:
        return Response(b"", 204)
    return answer(rows)


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value), status, content_type="application/json")
