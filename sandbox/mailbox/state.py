"""The mails that came, and the refusals that were ordered."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as reading
from typing import Any, Final

from sandbox.clock import text
from sandbox.documents import Documents

KIND: Final = "mails"
KEPT: Final = 1_000
MOMENTS: Final = ("mail", "rcpt", "data")


@dataclass(slots=True)
class Refusal:
    """An order to refuse mails: at a moment (mail, rcpt, data), with a code and words, so many `times`; for one address where `to` is given.

    `lost` takes the mail and ends the connection without an answer instead.
    """

    at: str = "rcpt"
    code: int = 451
    words: str = "try again later"
    times: int = 1
    to: str = ""
    lost: bool = False

    @classmethod
    def ordered(cls, order: dict[str, Any]) -> "Refusal":
        """A refusal from the control address. Raises `ValueError` with a sentence."""
        unknown = order.keys() - {"at", "code", "words", "times", "to", "lost"}
        if unknown:
            raise ValueError(f"A refusal has no {', '.join(sorted(unknown))}.")
        made = cls(**order)
        if made.at not in MOMENTS:
            raise ValueError(f"`at` is one of {', '.join(MOMENTS)}.")
        numbers = (made.code, made.times)
        if (
            any(isinstance(one, bool) or not isinstance(one, int) for one in numbers)
            or not 400 <= made.code < 600
        ):
            raise ValueError("`code` is a whole number from 400 to 599, `times` a whole number.")
        return made


class Mailbox:
    """Everything that came, oldest first; at most 1,000 mails are kept. Safe to use from several threads."""

    def __init__(self, documents: Documents, now: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self._documents = documents
        self._now = now
        self._refusals: list[Refusal] = []
        self._last = max((int(key) for key, _ in documents.items(KIND)), default=0)

    def take(self, raw: bytes, sender: str, recipients: list[str]) -> int:
        """Keep a mail as it came; its number."""
        with self.lock:
            self._last += 1
            kept = {"at": text(self._now()), "from": sender, "to": recipients, "raw": raw.decode("latin-1")}
            self._documents.put(KIND, f"{self._last:09}", kept)
            self._documents.remove(KIND, f"{self._last - KEPT:09}")
            return self._last

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """The mails, oldest first; those to one address where it is given."""
        with self.lock:
            found = [opened(int(key), kept) for key, kept in self._documents.items(KIND)]
        return [mail for mail in found if not to or to in mail["to"]]

    def mail(self, number: int) -> dict[str, Any] | None:
        """One mail, or `None`."""
        with self.lock:
            kept = self._documents.get(KIND, f"{number:09}")
        return None if kept is None else opened(number, kept)

    def clear(self) -> None:
        """Throw all mails away."""
        with self.lock:
            for key, _ in list(self._documents.items(KIND)):
                self._documents.remove(KIND, key)

    def refuse(self, order: dict[str, Any]) -> dict[str, Any]:
        """Order a refusal. Raises `ValueError`."""
        refusal = Refusal.ordered(order)
        with self.lock:
            self._refusals.append(refusal)
        return asdict(refusal)

    def refusals(self) -> list[dict[str, Any]]:
        """The refusals that have hits left."""
        with self.lock:
            return [asdict(one) for one in self._refusals]

    def forget_refusals(self) -> None:
        """Take every mail from now on."""
        with self.lock:
            self._refusals.clear()

    def refusal(self, at: str, to: str = "") -> Refusal | None:
        """The refusal that is due at this moment, used up by one."""
        with self.lock:
            for one in self._refusals:
                if one.at == at and (not one.to or one.to == to):
                    one.times -= 1
                    if one.times < 1:
                        self._refusals.remove(one)
                    return one
        return None


def opened(number: int, kept: dict[str, Any]) -> dict[str, Any]:
    """A mail as pages and tests read it: its header fields, and both of its forms."""
    message = message_from_bytes(kept["raw"].encode("latin-1"), policy=reading)
    return {
        "id": number,
        "at": kept["at"],
        "from": str(message["From"] or kept["from"]),
        "to": kept["to"],
        "subject": str(message["Subject"] or ""),
        "message_id": str(message["Message-ID"] or ""),
        "headers": {name: str(value) for name, value in message.items()},
        "text": form(message, "plain"),
        "html": form(message, "html"),
    }


def form(message: EmailMessage, kind: str) -> str:
    """The text or the HTML of a message; blank where it has none."""
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
