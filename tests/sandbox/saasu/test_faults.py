"""Faults ordered around the writes that matter, over real connections; and data that outlives a restart."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.documents import Documents
from sandbox.serve import Running, running
from sandbox.world import named
from tests.sandbox.saasu.books import FILE_ID, Books

FILE = 51001


class Line:
    """A signed-in caller of a running pretend Saasu."""

    def __init__(self, servers: Running) -> None:
        self.url = servers.saasu_url
        self.state = servers.saasu
        body = {"grant_type": "password", "username": "books@example.com", "password": "sandbox-books-1"}
        token = requests.post(f"{self.url}/authorisation/token", json=body, timeout=5).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.control("PATCH", "/settings", {"calls_per_second": None})

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, f"{self.url}/_control{path}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json() if answer.text else None

    def order_fault(self, fault: str, path: str = "/Invoice", **more: object) -> None:
        self.control("POST", "/faults", {"match": {"method": "POST", "path": path}, "fault": fault, **more})

    def post(self, path: str, body: object) -> requests.Response:
        return requests.post(f"{self.url}{path}?FileId={FILE}", json=body, headers=self.headers, timeout=1)

    def order(self, number: str = "SHO1") -> dict[str, Any]:
        item = next(iter(self.state.files[FILE].items))
        line = {"InventoryId": item, "Quantity": 1, "UnitPrice": 11, "TaxCode": "G1"}
        body = {"TransactionType": "S", "InvoiceType": "Sale Order", "Layout": "I", "InvoiceNumber": number}
        return {**body, "TransactionDate": "2026-03-02", "IsTaxInc": True, "LineItems": [line]}

    def numbers(self) -> list[str]:
        return [
            invoice["InvoiceNumber"] for invoice in self.control("GET", f"/files/{FILE}/invoices")["invoices"]
        ]


@pytest.fixture
def line() -> Iterator[Line]:
    """A caller of the journey's world."""
    with running("journey") as servers:
        yield Line(servers)


@pytest.mark.parametrize(("fault", "stored"), [("reset_before", []), ("reset_after", ["SHO1"])])
def test_a_reset_before_the_commit_leaves_nothing_and_one_after_it_leaves_the_order(
    line: Line, fault: str, stored: list[str]
) -> None:
    line.order_fault(fault)
    with pytest.raises(requests.ConnectionError):
        line.post("/Invoice", line.order())
    assert line.numbers() == stored
    assert line.post("/Invoice", line.order()).status_code == (400 if stored else 200)


@pytest.mark.parametrize(("fault", "stored"), [("error_before", []), ("error_after", ["SHO1"])])
def test_a_500_before_the_commit_leaves_nothing_and_one_after_it_leaves_the_order(
    line: Line, fault: str, stored: list[str]
) -> None:
    line.order_fault(fault)
    answer = line.post("/Invoice", line.order())
    assert (answer.status_code, "Message" in answer.json()) == (500, True)
    assert line.numbers() == stored


def test_a_late_commit_shows_the_order_only_after_the_connection_was_lost(line: Line) -> None:
    line.order_fault("late_commit", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        line.post("/Invoice", line.order())
    assert line.numbers() == []
    deadline = time.monotonic() + 5
    while not line.numbers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert line.numbers() == ["SHO1"]


def test_a_contact_can_be_stored_though_its_answer_was_lost(line: Line) -> None:
    before = len(line.state.files[FILE].contacts)
    line.order_fault("reset_after", "/Contact")
    with pytest.raises(requests.ConnectionError):
        line.post("/Contact", {"GivenName": "Ada"})
    line.order_fault("reset_before", "/contact")
    with pytest.raises(requests.ConnectionError):
        line.post("/Contact", {"GivenName": "Bo"})
    assert [one["GivenName"] for one in list(line.state.files[FILE].contacts.values())[before:]] == ["Ada"]


def test_a_429_storm_passes(line: Line) -> None:
    line.order_fault("throttle", times=2, headers={"Retry-After": "1"})
    answers = [line.post("/Invoice", line.order()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"


def test_html_instead_of_an_answer_can_hide_a_commit(line: Line) -> None:
    line.order_fault("html", commit=True)
    answer = line.post("/Invoice", line.order())
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert line.numbers() == ["SHO1"]


def test_calls_are_counted_by_endpoint_and_file(line: Line) -> None:
    line.post("/Invoice", line.order())
    line.post("/Invoice", line.order("SHO2"))
    counts = line.control("GET", "/calls")
    assert counts["by_scope"][str(FILE)] == {"POST /Invoice": 2}
    assert counts["by_endpoint"]["POST /authorisation/token"] == 1


def test_the_journey_s_file_lacks_the_item_of_the_source_document(line: Line) -> None:
    codes = [item["Code"] for item in line.control("GET", f"/files/{FILE}/items")["items"]]
    assert "SHIPPING" in codes
    assert "sh-hoodie-with-logo" not in codes


def test_every_file_of_the_demo_sells_its_catalogue_but_what_is_missing() -> None:
    world = named("demo")
    books = Books(world=world)
    for wanted in world.files:
        file = books.state.files[wanted.id]
        codes = {item["Code"] for item in file.items.values()}
        assert codes >= {one.sku for one in wanted.sellables}
        assert not codes & {*wanted.missing_skus, *dict(wanted.renamed_skus)}
        assert codes >= set(dict(wanted.renamed_skus).values())
        assert len(file.contacts) == 3


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    kept = Documents(tmp_path / "sandbox.sqlite3")
    books = Books(kept)
    contact = books.contact(GivenName="Ada")
    order = books.ask(
        "GET", f"/Invoice/{books.post(BillingContactId=contact, InvoiceNumber='<Auto Number>')}"
    ).value
    books.set(rounding="sum")
    kept.close()
    again = Books(Documents(tmp_path / "sandbox.sqlite3"))
    assert again.state.files.keys() == {FILE_ID}
    assert again.ask("GET", f"/Invoice/{order['TransactionId']}").value == order
    assert again.state.settings.rounding == "sum"
    refresh = {"grant_type": "refresh_token", "refresh_token": books.tokens["refresh_token"]}
    assert again.send("POST", "/authorisation/refresh", refresh).status == 200
    assert again.ask("POST", "/Invoice", again.order(InvoiceNumber="1")).status == 400
    assert again.post(InvoiceNumber="<auto number>") > order["TransactionId"]
    versions = {record["LastUpdatedId"] for record in again.file.invoices.values()}
    assert len(versions) == 2
