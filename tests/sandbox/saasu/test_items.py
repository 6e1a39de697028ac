"""Items, inventory and combo."""

from decimal import Decimal

import pytest

from tests.sandbox.saasu.books import Books


def codes(books: Books, **query: object) -> list[str]:
    return [row["Code"] for row in books.ask("GET", "/Items", **query).value["Items"]]


def new_item(books: Books, code: str, **fields: object) -> int:
    answer = books.ask("POST", "/Item", {"Code": code, "Description": f"A {code}", "Type": "I", **fields})
    assert answer.status == 200, answer.text
    return int(answer.value["InsertedItemId"])


@pytest.fixture
def combo(books: Books) -> int:
    """A combo of two mugs and a box."""
    parts = [{"Id": new_item(books, "MUG"), "Quantity": 2}, {"Id": new_item(books, "BOX"), "Quantity": 1}]
    return new_item(books, "MUG-SET", Type="C", BuildItems=parts)


def test_a_new_file_has_the_items_a_shop_charges_beside_its_goods(books: Books) -> None:
    assert codes(books) == ["SHIPPING", "DISCOUNT", "GIFT-WRAP", "FEE"]
    one = books.ask("GET", f"/Item/{books.item('SHIPPING')}").value
    assert (one["IsSold"], one["IsBought"], one["IsInventoried"]) == (True, False, False)
    tax = books.ask("GET", f"/TaxCode/{one['SaleTaxCodeId']}").value
    assert tax["Code"] == "G1"


def test_combos_are_ordinary_rows_whose_parts_only_the_single_record_shows(books: Books, combo: int) -> None:
    assert codes(books, ItemType="C") == ["MUG-SET"]
    assert "MUG" in codes(books, ItemType="I")
    (row,) = books.ask("GET", "/Items", ItemType="C").value["Items"]
    assert not row.keys() & {"BuildItems", "Notes"}
    parts = books.ask("GET", f"/Item/{combo}").value["BuildItems"]
    assert [(part["Code"], part["Quantity"]) for part in parts] == [("MUG", 2), ("BOX", 1)]


def test_a_search_looks_in_code_or_description(books: Books, combo: int) -> None:
    assert codes(books, SearchMethod="StartsWith", SearchText="mug") == ["MUG", "MUG-SET"]
    assert codes(books, SearchMethod="Contains", SearchText="a mug") == ["MUG", "MUG-SET"]
    assert codes(books, SearchMethod="StartsWith", SearchText="SET") == []


@pytest.mark.parametrize(
    "query",
    [
        {"SearchText": "mug"},
        {"SearchMethod": "Contains"},
        {"SearchMethod": "Exact", "SearchText": "mug"},
        {"SearchMethod": "Contains", "SearchText": "m" * 129},
        {"ItemType": "X"},
    ],
)
def test_a_search_that_the_api_does_not_know_is_refused(books: Books, query: dict[str, str]) -> None:
    assert books.ask("GET", "/Items", **query).status == 400


def test_inactive_items_can_be_asked_for(books: Books) -> None:
    new_item(books, "OLD", IsActive=False)
    assert codes(books, IsActive="false") == ["OLD"]
    assert "OLD" not in codes(books, IsActive="true")


def test_a_code_is_unique_in_the_file(books: Books, combo: int) -> None:
    answer = books.ask("POST", "/Item", {"Code": "mug", "Type": "I"})
    assert answer.status == 400
    assert "You already have an item with code" in answer.value


def test_a_combo_needs_lines(books: Books) -> None:
    answer = books.ask("POST", "/Item", {"Code": "EMPTY", "Type": "C", "BuildItems": []})
    assert answer.status == 400
    assert "Please select at least one item for the combo item." in answer.value


def test_an_item_that_is_sold_needs_an_income_account_and_says_so_in_plain_text(books: Books) -> None:
    answer = books.ask("POST", "/Item", {"Code": "TEA", "Type": "I", "IsSold": True})
    assert (answer.status, answer.mimetype) == (400, "text/plain")
    assert answer.text.endswith("\r\nParameter name: SaleIncomeAccountUid\r\n")


def test_an_item_that_is_not_there_is_400_and_not_404(books: Books, combo: int) -> None:
    assert books.ask("DELETE", f"/Item/{combo}").status == 200
    for method in ("GET", "DELETE"):
        assert books.ask(method, f"/Item/{combo}").status == 400


def test_an_item_is_changed_with_its_last_updated_id(books: Books) -> None:
    number = new_item(books, "TEA")
    before = books.ask("GET", f"/Item/{number}").value
    body = {**before, "Description": "Green tea"}
    answer = books.ask("PUT", f"/Item/{number}", body)
    assert answer.value["UpdatedItemId"] == number
    assert (
        books.ask("PUT", f"/Item/{number}", body).text
        == '"Record to be updated has changed since last read."'
    )
    assert books.file.items[number]["Description"] == "Green tea"


def test_building_a_combo_moves_stock_from_its_parts(books: Books, combo: int) -> None:
    refused = books.ask("POST", f"/Item/{combo}/build", {"Quantity": 3})
    assert refused.status == 400
    assert refused.text.startswith("Unable to complete the requested operation")
    for code in ("MUG", "BOX"):
        books.file.items[books.item(code)]["StockOnHand"] = Decimal(10)
    assert books.ask("POST", f"/Item/{combo}/build", {"Quantity": 3}).status == 200
    stock = [books.file.items[books.item(code)]["StockOnHand"] for code in ("MUG", "BOX", "MUG-SET")]
    assert stock == [4, 7, 3]
