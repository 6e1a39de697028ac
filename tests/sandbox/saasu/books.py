"""A pretend Saasu in this process, signed in, whose every answer is held against the contract where that is there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Flask

from sandbox.clock import Clock
from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.saasu.app import create
from sandbox.saasu.seeding import furnish
from sandbox.saasu.state import File, Login, State
from sandbox.saasu.wire import load
from sandbox.world import World, named
from tests.sandbox.saasu.contract import CONTRACT, departures

USERNAME = "keeper@example.com"
PASSWORD = "wombat-lantern-7"
FILE_ID = 70001
NOON = "2026-03-02T12:00:00Z"


@dataclass(frozen=True)
class Answer:
    """One answer: JSON read exactly where it is JSON."""

    status: int
    text: str
    mimetype: str
    headers: dict[str, str]

    @property
    def value(self) -> Any:
        """The JSON value."""
        return load(self.text)


class Books:
    """A server with one file. `ask` sends the token and FileId along."""

    def __init__(self, documents: Documents | None = None, world: World | None = None) -> None:
        self.clock = Clock()
        self.clock.set({"now": NOON})
        self.world = world or named("empty")
        self.app: Flask = create(
            self.world, Control("saasu", self.clock, self.world), documents or Documents()
        )
        self.state: State = self.app.extensions["state"]
        self.client = self.app.test_client()
        if FILE_ID not in self.state.files:
            self.state.change_settings({"calls_per_second": None})
            furnish(self.state, File(FILE_ID, "Gumnut & Co", plan="Growing"))
            self.state.add_login(Login(USERNAME, PASSWORD, [FILE_ID]))
        self.file = self.state.files[FILE_ID]
        self.tokens: dict[str, Any] = self.sign_in().value

    def sign_in(self, path: str = "/authorisation/token", **more: object) -> Answer:
        """A password grant."""
        body = {"grant_type": "password", "username": USERNAME, "password": PASSWORD, "scope": "full", **more}
        return self.send("POST", path, body)

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        """A resource call for the file."""
        given = {"FileId": FILE_ID, **query}
        return self.send(
            method, path, body, given, {"Authorization": f"Bearer {self.tokens['access_token']}"}
        )

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Any call of the API."""
        answer = self.off_contract(method, path, body, query, headers)
        if CONTRACT.is_file():
            assert departures(method, path, answer.status, answer.mimetype, answer.text) == []
        return answer

    def off_contract(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A call whose answer the contract does not foresee, as a switch ordered it."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        got = self.client.open(path, method=method, query_string=query, headers=headers, **more)
        return Answer(got.status_code, got.text, got.mimetype or "", dict(got.headers))

    def bearer(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def set(self, **changes: object) -> None:
        """Change switches."""
        self.state.change_settings(changes)

    def item(self, code: str = "SHIPPING") -> int:
        """Id of an item by code."""
        return next(int(item["Id"]) for item in self.file.items.values() if item["Code"] == code)

    def order(self, **changes: object) -> dict[str, Any]:
        """Body of a sale order with one line of $11.00."""
        line = {
            "InventoryId": self.item(),
            "Quantity": 1,
            "UnitPrice": 11,
            "TaxCode": "G1",
            "Description": "Tea",
        }
        body = {
            "TransactionType": "S",
            "InvoiceType": "Sale Order",
            "Layout": "I",
            "Currency": "AUD",
            "IsTaxInc": True,
            "TransactionDate": "2026-03-02",
            "InvoiceNumber": "SHO1",
            "LineItems": [line],
        }
        return {**body, **changes}

    def line(self, **changes: object) -> dict[str, Any]:
        """One line of an order."""
        return {**self.order()["LineItems"][0], **changes}

    def post(self, **changes: object) -> int:
        """Post a sale order and answer its id."""
        answer = self.ask("POST", "/Invoice", self.order(**changes))
        assert answer.status == 200, answer.text
        return int(answer.value["InsertedEntityId"])

    def posted(self, *lines: dict[str, Any], **changes: object) -> dict[str, Any]:
        """Post a sale order with these lines and read it back."""
        number = self.post(LineItems=list(lines), **changes)
        read: dict[str, Any] = self.ask("GET", f"/Invoice/{number}").value
        return read

    def contact(self, **fields: object) -> int:
        """Post a contact and answer its id."""
        answer = self.ask("POST", "/Contact", fields)
        assert answer.status == 200, answer.text
        return int(answer.value["InsertedContactId"])


def exact(value: object) -> Decimal:
    """A JSON number as `Decimal`."""
    return Decimal(str(value))
