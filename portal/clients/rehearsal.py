"""The control address of a pretend remote on this machine, as far as the demo needs it: who is there, and what o'clock it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from portal.clients import exact_json
from portal.clients.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendStore:
    """A pretend shop and what the demo types into its connector."""

    hash: str
    name: str
    token: str
    client_id: str
    client_secret: str
    file_id: int
    timezone: str
    history_days: int
    prefix: str
    shipping_item: str
    discount_item: str
    seeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendLogin:
    """A pretend Saasu login."""

    username: str
    password: str
    file_ids: tuple[int, ...]
    two_factor_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendWorld:
    """Everything the pretend remotes were started with; `files` are the names of the Saasu files by their ids."""

    began: datetime
    stores: tuple[PretendStore, ...]
    logins: tuple[PretendLogin, ...]
    files: Mapping[int, str]

    def login_of(self, file_id: int) -> str:
        """The username of the login that reaches a file."""
        return next((login.username for login in self.logins if file_id in login.file_ids), "")


class Rehearsal:
    """Speaks to the control addresses of the pretend remotes and mailbox. Raises `Unreachable` where none answers."""

    def __init__(
        self, transport: Transport, bigcommerce_url: str, saasu_url: str, mailbox_url: str = ""
    ) -> None:
        self._transport = transport
        self._bigcommerce = bigcommerce_url
        self._saasu = saasu_url
        self._mailbox = mailbox_url

    def world(self) -> PretendWorld:
        """Who is there."""
        whole = self._read(f"{self._bigcommerce}/_control/world")
        return PretendWorld(
            began=datetime.fromisoformat(whole["began"]),
            stores=tuple(store_of(row) for row in whole["stores"]),
            logins=tuple(login_of(row) for row in whole["logins"]),
            files={row["id"]: row["name"] for row in whole["files"]},
        )

    def set_clock(self, now: datetime | None) -> None:
        """Set the clock of both remotes, which goes on from there, or let it be the real one again."""
        moment = None if now is None else now.isoformat().replace("+00:00", "Z")
        self._write("PUT", f"{self._bigcommerce}/_control/clock", {"now": moment, "running": True})

    def set_saasu_rate(self, calls_per_second: int | None) -> None:
        """How many calls a second the pretend Saasu allows; `None` lifts the limit."""
        self._write("PATCH", f"{self._saasu}/_control/settings", {"calls_per_second": calls_per_second})

    def mails(self, to: str) -> list[str]:
        """The texts of the mails that came for an address, oldest first."""
        whole = self._read(f"{self._mailbox}/_control/mails?{urlencode({'to': to})}")
        return [mail["text"] for mail in whole["mails"]]

    def _read(self, url: str) -> Any:
        return exact_json.load(self._transport.send("GET", url, purpose="rehearsal").text)

    def _write(self, method: str, url: str, body: dict[str, object]) -> None:
        headers = {"Content-Type": "application/json"}
        answer = self._transport.send(
            method, url, purpose="rehearsal", headers=headers, body=json.dumps(body)
        )
        if not answer.ok:
            raise ValueError(f"the sandbox refused {url}: {answer.text[:200]}")


def store_of(row: dict[str, Any]) -> PretendStore:
    """A store of the world; what the demo does not need is left."""
    return PretendStore(**{one.name: row[one.name] for one in fields(PretendStore)})


def login_of(row: dict[str, Any]) -> PretendLogin:
    """A login of the world."""
    return PretendLogin(
        username=row["username"],
        password=row["password"],
        file_ids=tuple(row["file_ids"]),
        two_factor_code=row.get("two_factor_code"),
    )
