"""What the engine refuses, in which shape, and what it lets through."""

from datetime import date
from decimal import Decimal

import pytest

from tests.sandbox.saasu.books import Books


def refusal(books: Books, **changes: object) -> tuple[int, object]:
    answer = books.ask("POST", "/Invoice", books.order(**changes))
    assert books.file.invoices == {}
    return answer.status, answer.value


@pytest.mark.parametrize("name", ["TransactionType", "InvoiceType", "Layout", "TransactionDate", "LineItems"])
def test_an_invoice_needs_its_required_fields(books: Books, name: str) -> None:
    body = books.order()
    del body[name]
    assert books.ask("POST", "/Invoice", body).status == 400
    assert books.file.invoices == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"TransactionType": "SP"},
        {"InvoiceType": "Sales Order"},
        {"InvoiceType": "Purchase Order"},
        {"Layout": "X"},
        {"TransactionDate": "yesterday"},
        {"DueDate": "soon"},
        {"LineItems": []},
        {"LineItems": "tea"},
        {"LineItems": ["tea"]},
    ],
)
def test_values_that_the_engine_does_not_know_are_refused(books: Books, changes: dict[str, object]) -> None:
    assert refusal(books, **changes)[0] == 400


def test_a_currency_that_does_not_exist_is_refused_with_its_sentence(books: Books) -> None:
    status, sentence = refusal(books, Currency="XYZ")
    assert status == 400
    assert "Please include a valid currency" in str(sentence)


def test_a_foreign_currency_needs_the_plan_for_it(books: Books) -> None:
    assert refusal(books, Currency="USD")[0] == 403
    books.file.multi_currency = True
    assert books.ask("POST", "/Invoice", books.order(Currency="USD")).status == 200


def test_unknown_tax_code_item_or_contact_is_refused(books: Books) -> None:
    assert refusal(books, LineItems=[books.line(TaxCode="G99")])[0] == 400
    assert refusal(books, LineItems=[books.line(InventoryId=1)])[0] == 400
    assert refusal(books, LineItems=[books.line(InventoryId=None)])[0] == 400
    assert refusal(books, BillingContactId=5)[0] == 400
    assert refusal(books, ShippingContactId=5)[0] == 400


def test_an_inactive_or_unsold_item_is_refused_unless_a_switch_lets_it_pass(books: Books) -> None:
    item = books.file.items[books.item()]
    item["IsActive"] = False
    assert refusal(books) == (400, "The item SHIPPING is not active.")
    books.set(inactive_items=True)
    item["IsSold"] = False
    assert refusal(books) == (400, "The item SHIPPING is not for sale.")
    books.set(unsold_items=True)
    assert books.post() > 0


def test_a_locked_period_is_refused_up_to_its_last_day(books: Books) -> None:
    books.file.locked_until = date(2026, 3, 1)
    assert refusal(books, TransactionDate="2026-03-01")[0] == 400
    number = books.post(TransactionDate="2026-03-02")
    books.file.locked_until = date(2026, 3, 2)
    assert books.ask("DELETE", f"/Invoice/{number}").status == 400


def test_a_plan_without_item_layout_is_403(books: Books) -> None:
    books.file.item_layout = False
    status, sentence = refusal(books)
    assert status == 403
    assert "subscription does not allow item layouts" in str(sentence)


def test_negative_prices_pass_until_a_switch_forbids_them(books: Books) -> None:
    order = books.posted(books.line(UnitPrice=20), books.line(UnitPrice="-5.50"))
    assert (order["TotalAmount"], order["TotalTaxAmount"]) == (Decimal("14.50"), Decimal("1.32"))
    books.set(negative_prices=False)
    assert books.ask("POST", "/Invoice", books.order(LineItems=[books.line(UnitPrice=-1)])).status == 400


def test_a_hundred_percent_passes_until_a_switch_forbids_it(books: Books) -> None:
    assert books.posted(books.line(PercentageDiscount=100))["TotalAmount"] == 0
    assert (
        books.ask("POST", "/Invoice", books.order(LineItems=[books.line(PercentageDiscount="100.01")])).status
        == 400
    )
    books.set(full_discount=False)
    assert (
        books.ask("POST", "/Invoice", books.order(LineItems=[books.line(PercentageDiscount=100)])).status
        == 400
    )


@pytest.mark.parametrize(
    "changes",
    [{"Quantity": None}, {"UnitPrice": "dear"}, {"UnitPrice": True}, {"UnitPrice": "1e30"}, {"Tags": "x"}],
)
def test_lines_with_figures_that_are_none_are_refused(books: Books, changes: dict[str, object]) -> None:
    assert refusal(books, LineItems=[books.line(**changes)])[0] == 400


def test_a_service_line_needs_an_account_and_an_amount(books: Books) -> None:
    account = next(iter(books.file.tables["accounts"]))
    assert refusal(books, Layout="S", LineItems=[{"TotalAmount": 10}])[0] == 400
    order = books.posted({"AccountId": account, "TotalAmount": 110, "TaxCode": "G1"}, Layout="S")
    assert (order["TotalAmount"], order["TotalTaxAmount"]) == (Decimal("110.00"), Decimal("10.00"))


@pytest.mark.parametrize(
    ("shape", "mimetype", "text"),
    [
        ("string", "application/json", '"Please include a valid layout."'),
        ("text", "text/plain", "Please include a valid layout."),
        ("object", "application/json", '{"Message":"Please include a valid layout."}'),
    ],
)
def test_refusals_come_in_every_shape(books: Books, shape: str, mimetype: str, text: str) -> None:
    books.set(refusal_shape=shape)
    answer = books.ask("POST", "/Invoice", books.order(Layout="X"))
    assert (answer.status, answer.mimetype, answer.text) == (400, mimetype, text)


def test_maintenance_is_a_page_of_html_with_200(books: Books) -> None:
    books.set(maintenance=200)
    answer = books.off_contract("POST", "/Invoice", books.order(), {"FileId": books.file.id}, books.bearer())
    assert (answer.status, answer.mimetype) == (200, "text/html")
    assert books.file.invoices == {}


def test_what_nobody_serves_is_an_object(books: Books) -> None:
    answer = books.off_contract("GET", "/Nothing", None, {"FileId": books.file.id}, books.bearer())
    assert (answer.status, answer.value) == (404, {"Message": "Not Found"})
