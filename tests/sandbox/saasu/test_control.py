"""The control address of the books, and the pages for people."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.saasu.wire import load
from tests.sandbox.saasu.books import FILE_ID, PASSWORD, USERNAME, Books

RECORDS = f"/_control/files/{FILE_ID}"


def control(books: Books, method: str, path: str, body: object = None) -> tuple[int, Any]:
    answer = books.client.open(path, method=method, json=body)
    return answer.status_code, load(answer.text) if answer.text else None


def test_settings_are_read_and_changed(books: Books) -> None:
    status, settings = control(books, "PATCH", "/_control/settings", {"calls_per_second": 5, "half": "even"})
    assert status == 200
    assert (settings["calls_per_second"], settings["half"], settings["unique_numbers"]) == (5, "even", True)
    assert control(books, "GET", "/_control/settings")[1] == settings


@pytest.mark.parametrize(
    "changes",
    [{"speed": 9}, {"rounding": "up"}, {"calls_per_second": 0}, {"unique_numbers": "no"}, {"leeway_ms": -1}],
)
def test_a_wrong_setting_changes_nothing_and_is_named(books: Books, changes: dict[str, object]) -> None:
    before = books.state.settings
    status, refusal = control(books, "PATCH", "/_control/settings", {"half": "even", **changes})
    assert status == 400
    assert next(iter(changes)) in refusal["error"]
    assert books.state.settings == before


def test_a_login_is_added_and_changed(books: Books) -> None:
    body = {"username": "new@example.com", "password": "billabong-4", "files": [FILE_ID]}
    assert control(books, "POST", "/_control/logins", body)[0] == 201
    assert books.sign_in(username="new@example.com", password="billabong-4").status == 200
    body = {"username": "new@example.com", "code": "112233"}
    assert control(books, "POST", "/_control/logins", body)[1]["two_factor"] is True
    assert books.sign_in(username="new@example.com", password="billabong-4").value == {
        "error": "2fa_code_required"
    }
    assert control(books, "POST", "/_control/logins", {"username": "x@example.com"})[0] == 400
    assert PASSWORD not in str(control(books, "GET", "/_control/logins")[1])


def test_access_tokens_can_be_ended(books: Books) -> None:
    assert control(books, "POST", "/_control/tokens/expire", {"username": USERNAME})[1] == {"expired": 1}
    assert books.ask("GET", "/TaxCodes").status == 401


def test_a_file_is_added_with_what_every_file_has(books: Books) -> None:
    body = {
        "id": 70009,
        "name": "Bottlebrush",
        "plan": "Small",
        "logins": [USERNAME],
        "charges": ["SHIPPING"],
    }
    status, file = control(books, "POST", "/_control/files", body)
    assert status == 201
    assert (file["plan"], file["items"], file["daily_limit"]) == ("Small", 1, 4000)
    assert [row["Code"] for row in books.ask("GET", "/Items", FileId=70009).value["Items"]] == ["SHIPPING"]
    assert control(books, "POST", "/_control/files", body)[0] == 400
    assert len(control(books, "GET", "/_control/files")[1]) == 2


def test_a_file_is_changed_blocked_and_unblocked(books: Books) -> None:
    changes = {"plan": "Large", "locked_until": "2026-03-31", "item_layout": False, "blocked": True}
    status, file = control(books, "PATCH", RECORDS, changes)
    assert (status, file["plan"], file["locked_until"]) == (200, "Large", "2026-03-31")
    assert books.ask("GET", "/TaxCodes").status == 429
    control(books, "PATCH", RECORDS, {"blocked": False})
    assert books.ask("GET", "/TaxCodes").status == 200
    for wrong in ({"plan": "Huge"}, {"name": 5}, {"locked_until": "soon"}, {"shoe": 9}):
        assert control(books, "PATCH", RECORDS, wrong)[0] == 400
    assert control(books, "PATCH", "/_control/files/5", {})[0] == 404


def test_items_are_added_dumped_and_changed(books: Books) -> None:
    body = {"Code": "TEA", "Description": "Green tea", "TaxCode": "G1,G3", "StockOnHand": 9}
    status, item = control(books, "POST", f"{RECORDS}/items", body)
    assert (status, item["IsSold"], item["StockOnHand"]) == (201, True, 9)
    changed = control(books, "PATCH", f"{RECORDS}/items/TEA", {"IsActive": False})[1]
    assert (changed["IsActive"], changed["Description"], changed["StockOnHand"]) == (False, "Green tea", 9)
    assert changed["LastUpdatedId"] != item["LastUpdatedId"]
    assert control(books, "PATCH", f"{RECORDS}/items/{item['Id']}", {"Code": "SHIPPING"})[0] == 400
    assert [row["Code"] for row in control(books, "GET", f"{RECORDS}/items")[1]["items"]][-1] == "TEA"
    assert control(books, "DELETE", f"{RECORDS}/items/TEA")[0] == 204
    assert control(books, "PATCH", f"{RECORDS}/items/TEA", {})[0] == 404


def test_contacts_are_added_dumped_and_changed(books: Books) -> None:
    status, contact = control(books, "POST", f"{RECORDS}/contacts", {"GivenName": "Ada", "PrimaryPhone": "1"})
    assert status == 201
    control(books, "PATCH", f"{RECORDS}/contacts/{contact['Id']}", {"GivenName": "Adah"})
    (row,) = control(books, "GET", f"{RECORDS}/contacts")[1]["contacts"]
    assert (row["GivenName"], row["PrimaryPhone"]) == ("Adah", "1")


def test_invoices_are_added_and_dumped_whole(books: Books) -> None:
    body = {
        "InvoiceNumber": "SHO7",
        "LineItems": [{"ItemCode": "shipping", "Quantity": 2, "UnitPrice": 5.55}],
    }
    assert control(books, "POST", f"{RECORDS}/invoices", body)[0] == 201
    assert control(books, "POST", f"{RECORDS}/invoices", body)[1] == {
        "error": "Duplicate invoice number is not allowed."
    }
    control(books, "PATCH", f"{RECORDS}/invoices/SHO7", {"PurchaseOrderNumber": "PO5"})
    (row,) = control(books, "GET", f"{RECORDS}/invoices")[1]["invoices"]
    assert (row["TotalAmount"], row["TotalTaxAmount"], row["PurchaseOrderNumber"]) == (
        Decimal("11.10"),
        Decimal("1.01"),
        "PO5",
    )
    assert row["LineItems"][0]["UnitPrice"] == Decimal("5.5500")


def test_a_body_that_is_no_object_is_refused(books: Books) -> None:
    answer = books.client.post(f"{RECORDS}/items", data=b"[1", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_the_control_address_answers_this_machine_only(books: Books) -> None:
    answer = books.client.get("/_control/files", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403


def test_the_front_page_lists_the_files(books: Books) -> None:
    page = books.client.get("/").text
    assert "Sandbox: pretend Saasu" in page
    assert "Gumnut &amp; Co" in page


def test_a_file_s_page_shows_orders_items_and_contacts(books: Books) -> None:
    contact = books.contact(GivenName="Ada", FamilyName="<Quill>")
    number = books.post(BillingContactId=contact)
    page = books.client.get(f"/pages/files/{FILE_ID}").text
    for shown in ("SHO1", "2026-03-02", "$11.00", "$1.00", "SHIPPING", "Ada &lt;Quill&gt;"):
        assert shown in page
    order = books.client.get(f"/pages/files/{FILE_ID}/invoices/{number}").text
    assert "Tea" in order


def test_an_item_is_added_on_the_page(books: Books) -> None:
    form = {"Code": "sh-hoodie", "Description": "Hoodie", "TaxCode": "G1"}
    answer = books.client.post(f"/pages/files/{FILE_ID}/items", data=form)
    assert answer.status_code == 303
    assert "The item was added." in books.client.get(answer.location).text
    again = books.client.post(f"/pages/files/{FILE_ID}/items", data=form)
    assert again.status_code == 400
    assert "You already have an item with code sh-hoodie." in again.text


def test_pages_carry_no_script_and_no_style_of_their_own(books: Books) -> None:
    for path in ("/", f"/pages/files/{FILE_ID}"):
        answer = books.client.get(path)
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert books.client.get("/pages/pages.css").mimetype == "text/css"


@pytest.mark.parametrize("path", ["/pages/files/9", f"/pages/files/{FILE_ID}/invoices/9"])
def test_a_page_of_nothing_is_404(books: Books, path: str) -> None:
    assert books.client.get(path).status_code == 404


def test_invoices_are_totalled_anew_under_another_rounding_and_keep_their_version(books: Books) -> None:
    control(books, "POST", f"{RECORDS}/items", {"Code": "TEA"})
    lines = [{"ItemCode": "TEA", "TaxCode": "G1", "Quantity": 1, "UnitPrice": 1.005} for _ in range(2)]
    _, made = control(books, "POST", f"{RECORDS}/invoices", {"LineItems": lines, "InvoiceNumber": "A1"})
    control(books, "PATCH", "/_control/settings", {"rounding": "sum"})

    status, answer = control(books, "POST", f"{RECORDS}/totals")

    (kept,) = control(books, "GET", f"{RECORDS}/invoices")[1]["invoices"]
    assert (status, made["TotalAmount"]) == (200, Decimal("2.02"))
    assert answer == {"invoices": [[made["TransactionId"], None, Decimal("2.01"), Decimal("0.18")]]}
    assert (kept["TotalAmount"], kept["LastUpdatedId"]) == (Decimal("2.01"), made["LastUpdatedId"])


def test_several_records_are_added_at_once_and_answered_by_their_ids(books: Books) -> None:
    body = {"records": [{"Code": "TEA"}, {"Code": "MUG"}]}
    status, made = control(books, "POST", f"{RECORDS}/items", body)
    kept = control(books, "GET", f"{RECORDS}/items")[1]["items"]
    assert status == 201
    assert [item["Code"] for item in kept if item["Id"] in made["ids"]] == ["TEA", "MUG"]
