"""Sale orders: what is stored, what comes back, how they are listed, changed and numbered."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.saasu.books import Books, exact


def numbers(books: Books, **query: object) -> list[str]:
    return [row["InvoiceNumber"] for row in books.ask("GET", "/Invoices", **query).value["Invoices"]]


def test_an_insert_answers_200_with_the_id_and_no_number_when_one_was_given(books: Books) -> None:
    answer = books.ask("POST", "/Invoice", books.order())
    assert answer.status == 200
    assert answer.value["InsertedEntityId"] == answer.value["Id"]
    assert answer.value["GeneratedInvoiceNumber"] is None


def test_a_sale_order_reads_back_with_totals_and_lines(books: Books) -> None:
    order = books.posted(
        books.line(Quantity=2, UnitPrice="19.99"), InvoiceNumber="SHO9", NotesExternal="Leave at gate"
    )
    assert (order["TotalAmount"], order["TotalTaxAmount"]) == (Decimal("39.98"), Decimal("3.63"))
    assert (order["InvoiceType"], order["InvoiceStatus"], order["InvoiceNumber"]) == (
        "Sale Order",
        "O",
        "SHO9",
    )
    assert (order["TransactionDate"], order["NotesExternal"]) == ("2026-03-02T00:00:00", "Leave at gate")
    (line,) = order["LineItems"]
    assert (line["ItemCode"], line["TotalAmount"], line["TaxCode"]) == ("SHIPPING", Decimal("39.98"), "G1")


def test_totals_of_the_body_are_ignored(books: Books) -> None:
    number = books.post(TotalAmount=20, TotalTaxAmount=99)
    assert books.ask("GET", f"/Invoice/{number}").value["TotalAmount"] == Decimal("11.00")


def test_more_decimals_than_the_engine_keeps_are_rounded(books: Books) -> None:
    sent = books.line(Quantity="5.1255", UnitPrice="2.12345", PercentageDiscount="12.505")
    (line,) = books.posted(sent)["LineItems"]
    kept = [exact(line[name]) for name in ("Quantity", "UnitPrice", "PercentageDiscount")]
    assert kept == [Decimal("5.126"), Decimal("2.1235"), Decimal("12.51")]


def test_tax_is_on_top_when_prices_are_without_it(books: Books) -> None:
    order = books.posted(books.line(UnitPrice=100), IsTaxInc=False)
    assert (order["TotalAmount"], order["TotalTaxAmount"]) == (Decimal("110.00"), Decimal("10.00"))
    body = books.order(InvoiceNumber="SHO2")
    del body["IsTaxInc"]
    number = books.ask("POST", "/Invoice", body).value["Id"]
    assert books.ask("GET", f"/Invoice/{number}").value["IsTaxInc"] is False


def test_the_rounding_rules_are_a_switch(books: Books) -> None:
    lines = [books.line(UnitPrice="0.334")] * 3
    assert books.posted(*lines)["TotalAmount"] == Decimal("0.99")
    books.set(rounding="sum")
    assert books.posted(*lines, InvoiceNumber="SHO2")["TotalAmount"] == Decimal("1.00")


def test_a_file_that_is_not_registered_has_no_gst(books: Books) -> None:
    books.file.tax_registered = False
    assert books.posted(books.line(TaxCode=None))["TotalTaxAmount"] == 0


def test_a_line_without_a_tax_code_takes_the_item_s_unless_a_switch_says_none(books: Books) -> None:
    assert books.posted(books.line(TaxCode=None))["TotalTaxAmount"] == Decimal("1.00")
    books.set(missing_tax="none")
    assert books.posted(books.line(TaxCode=None), InvoiceNumber="SHO2")["TotalTaxAmount"] == 0


def test_a_list_row_is_a_summary_with_the_names_of_the_contact(books: Books) -> None:
    contact = books.contact(GivenName="Ada", FamilyName="Quill")
    books.post(BillingContactId=contact, PurchaseOrderNumber="BC-1")
    (row,) = books.ask("GET", "/Invoices").value["Invoices"]
    assert not row.keys() & {"LineItems", "Terms", "NotesExternal", "NotesInternal"}
    assert (row["BillingContactFirstName"], row["BillingContactLastName"]) == ("Ada", "Quill")
    assert (row["TotalAmount"], row["PurchaseOrderNumber"]) == (Decimal("11.00"), "BC-1")


@pytest.mark.parametrize(
    ("mode", "asked", "found"),
    [
        ("exact", "SHO1", ["SHO1"]),
        ("exact", "sho1", ["SHO1"]),
        ("prefix", "SHO1", ["SHO1", "SHO12"]),
        ("contains", "HO1", ["SHO1", "SHO12"]),
    ],
)
def test_the_number_filter_has_three_modes(books: Books, mode: str, asked: str, found: list[str]) -> None:
    for number in ("SHO1", "SHO12", "SHO2"):
        books.post(InvoiceNumber=number)
    books.set(number_filter=mode)
    assert numbers(books, InvoiceNumber=asked) == found


def test_invoices_are_filtered_by_date_status_contact_marker_and_tag(books: Books) -> None:
    contact = books.contact(GivenName="Ada")
    books.post(InvoiceNumber="A", InvoiceType="Quote", TransactionDate="2026-02-01")
    books.post(InvoiceNumber="B", BillingContactId=contact, PurchaseOrderNumber="BC-9", Tags=["BigCommerce"])
    assert numbers(books, InvoiceStatus="Q") == ["A"]
    assert numbers(books, InvoiceStatus="O", TransactionType="S", PaymentStatus="U") == ["B"]
    assert numbers(books, PaymentStatus="P") == []
    assert numbers(books, InvoiceFromDate="2026-02-01", InvoiceToDate="2026-02-01") == ["A"]
    assert numbers(books, BillingContactId=contact) == ["B"]
    assert numbers(books, PurchaseOrderNumber="bc-9") == ["B"]
    assert numbers(books, Tags="bigcommerce") == ["B"]


def test_only_what_changed_since_is_listed(books: Books) -> None:
    books.post(InvoiceNumber="A")
    books.clock.set({"now": "2026-03-02T13:00:00Z"})
    books.post(InvoiceNumber="B")
    period = {"LastModifiedFromDate": "2026-03-02T12:30:00Z", "LastModifiedToDate": "2026-03-02T14:00:00Z"}
    assert numbers(books, **period) == ["B"]


@pytest.mark.parametrize("asked", ["<Auto Number>", "<auto number>", "<AUTO NUMBER>"])
def test_auto_number_steps_over_numbers_that_are_taken(books: Books, asked: str) -> None:
    for number in ("1", "2", "4"):
        books.post(InvoiceNumber=number)
    got = [books.ask("POST", "/Invoice", books.order(InvoiceNumber=asked)).value for _ in range(2)]
    assert [one["GeneratedInvoiceNumber"] for one in got] == ["3", "5"]
    assert books.ask("GET", f"/Invoice/{got[0]['Id']}").value["InvoiceNumber"] == "3"


@pytest.mark.parametrize(
    ("mode", "status", "number"), [("auto", 200, "1"), ("blank", 200, None), ("refuse", 400, None)]
)
def test_an_order_without_a_number_goes_as_the_switch_says(
    books: Books, mode: str, status: int, number: str | None
) -> None:
    books.set(empty_number=mode)
    answer = books.ask("POST", "/Invoice", books.order(InvoiceNumber=None))
    assert answer.status == status
    assert [one["InvoiceNumber"] for one in books.file.invoices.values()] == (
        [number] if status == 200 else []
    )


def test_a_number_that_is_taken_is_refused_and_nothing_is_stored(books: Books) -> None:
    books.post(InvoiceNumber="SHO1")
    answer = books.ask("POST", "/Invoice", books.order(InvoiceNumber="sho1 "))
    assert (answer.status, answer.value) == (400, "Duplicate invoice number is not allowed.")
    assert len(books.file.invoices) == 1


def test_the_refusal_of_a_taken_number_has_other_shapes(books: Books) -> None:
    books.post()
    call: Any = ("POST", "/Invoice", books.order(), {"FileId": books.file.id}, books.bearer())
    books.set(duplicate_status=409, duplicate_shape="text", duplicate_sentence="That number is in use.")
    answer = books.off_contract(*call)
    assert (answer.status, answer.mimetype, answer.text) == (409, "text/plain", "That number is in use.")
    books.set(duplicate_status=400, duplicate_shape="object")
    assert books.off_contract(*call).value == {"Message": "That number is in use."}


def test_a_switch_lets_numbers_repeat(books: Books) -> None:
    books.set(unique_numbers=False)
    assert books.post() != books.post()
    assert numbers(books, InvoiceNumber="SHO1") == ["SHO1", "SHO1"]


def test_a_number_is_free_again_once_its_invoice_is_deleted_or_renumbered(books: Books) -> None:
    books.ask("DELETE", f"/Invoice/{books.post()}")
    number = books.post()
    version = books.file.invoices[number]["LastUpdatedId"]
    books.ask("PUT", f"/Invoice/{number}", books.order(InvoiceNumber="SHO2", LastUpdatedId=version))
    books.post()
    assert numbers(books) == ["SHO2", "SHO1"]


def test_a_buyer_s_reference_may_repeat_on_sales(books: Books) -> None:
    books.post(InvoiceNumber="A", PurchaseOrderNumber="PO222")
    books.post(InvoiceNumber="B", PurchaseOrderNumber="PO222")
    assert numbers(books, PurchaseOrderNumber="PO222") == ["A", "B"]


def test_a_sale_order_raises_committed_and_leaves_the_stock(books: Books) -> None:
    number = books.post(LineItems=[books.line(Quantity=5)])
    item = books.ask("GET", f"/Item/{books.item()}").value
    assert (item["Committed"], item["StockOnHand"]) == (5, 0)
    books.ask("DELETE", f"/Invoice/{number}")
    assert books.ask("GET", f"/Item/{books.item()}").value["Committed"] == 0


def test_an_order_becomes_an_invoice_but_never_an_order_again(books: Books) -> None:
    number = books.post()
    version = books.file.invoices[number]["LastUpdatedId"]
    body = books.order(InvoiceType="Tax Invoice", LastUpdatedId=version)
    version = books.ask("PUT", f"/Invoice/{number}", body).value["LastUpdatedId"]
    assert books.file.invoices[number]["InvoiceStatus"] == "I"
    answer = books.ask("PUT", f"/Invoice/{number}", books.order(LastUpdatedId=version))
    assert answer.status == 400
    assert "conversion from invoice to non invoice" in answer.value


def test_an_invoice_of_stocked_goods_needs_stock(books: Books) -> None:
    item = books.ask("POST", "/Item", {"Code": "TEA", "Type": "I", "IsInventoried": True}).value[
        "InsertedItemId"
    ]
    books.set(unsold_items=True)
    body = books.order(InvoiceType="Tax Invoice", LineItems=[books.line(InventoryId=item, Quantity=2)])
    answer = books.ask("POST", "/Invoice", body)
    assert (answer.status, answer.mimetype) == (400, "text/plain")
    assert "negative stock-on-hand" in answer.text
    books.file.items[item]["StockOnHand"] = Decimal(5)
    assert books.ask("POST", "/Invoice", body).status == 200
    assert books.file.items[item]["StockOnHand"] == 3


def test_a_stale_update_of_an_order_is_refused(books: Books) -> None:
    number = books.post()
    answer = books.ask("PUT", f"/Invoice/{number}", books.order(LastUpdatedId="AAAAAFwWAN8="))
    assert (answer.status, answer.value) == (400, "Record to be updated has changed since last read.")


def test_an_order_that_is_not_there_is_404(books: Books) -> None:
    for method in ("GET", "DELETE"):
        answer = books.ask(method, "/Invoice/77")
        assert (answer.status, answer.value) == (404, "The requested transaction is not found.")


def test_the_tax_of_an_order_can_be_left_empty_by_a_switch(books: Books) -> None:
    number = books.post()
    books.set(order_tax="null")
    assert books.ask("GET", f"/Invoice/{number}").value["TotalTaxAmount"] is None


def test_a_quick_payment_is_recorded_and_never_on_a_quote(books: Books) -> None:
    bank = next(a["Id"] for a in books.file.tables["accounts"].values() if a["IsBankAccount"])
    payment = {"DatePaid": "2026-03-02", "BankedToAccountId": bank, "Amount": 11}
    number = books.post(InvoiceType="Tax Invoice", QuickPayment=payment)
    assert books.file.invoices[number]["PaymentStatus"] == "P"
    quote = books.order(InvoiceNumber="Q1", InvoiceType="Quote", QuickPayment=payment)
    assert books.ask("POST", "/Invoice", quote).status == 400
