"""The shop's JSON becomes plain orders, whatever shape it is in; what makes no sense is said, never raised."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.bigcommerce_payloads import (
    adds_up,
    evidently_short,
    fee_rows,
    hollow,
    included,
    read_coupon,
    read_fee,
    read_line,
    read_order,
    read_shipping_address,
    reopened,
    sealed,
    unique_lines,
)
from portal.clients.exact_json import dump, load
from portal.clients.rows import Nonsense
from portal.sync.orders import CompleteOrder, Coupon, OrderLine, ShopOrder, Taxed, UnreadableOrder
from tests.clients.wire import CONTRACTS, address_row, example, examples, line_row, order_row, whole_row

ORDERS = sorted(
    path.name
    for path in (CONTRACTS / "bigcommerce" / "examples").glob("*order_[0-9]*.json")
    if path.name.removesuffix(".json")[-1].isdigit()
    and "__order_" in path.name
    and path.name.count("__") == 1
)


def order_of(**changes: Any) -> ShopOrder:
    order = read_order(order_row(**changes))
    assert isinstance(order, ShopOrder)
    return order


def test_an_order_is_read_field_by_field() -> None:
    order = order_of(discount_amount="4.66", items_total="1")
    assert order.created_at == datetime(2026, 8, 1, 2, tzinfo=UTC)
    assert (order.status_id, order.status, order.currency) == (11, "Awaiting Fulfilment", "AUD")
    assert order.total == Taxed(Decimal("10.0000"), Decimal("11.0000"), Decimal("1.0000"))
    assert (order.billing.last_name, order.billing.postcode, order.billing.country_code) == (
        "Kowalczyk",
        "3550",
        "AU",
    )
    assert (order.items_total, order.is_tax_inclusive, order.discount_amount) == (
        Decimal(1),
        True,
        Decimal("4.66"),
    )


def test_the_currency_is_what_the_shopper_pays_in() -> None:
    assert order_of(currency_code="USD", default_currency_code="AUD").currency == "AUD"
    assert order_of(currency_code="AUD", default_currency_code=" usd ").currency == "USD"


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_the_currency_that_was_shown_never_stands_for_a_missing_one(missing: object) -> None:
    assert order_of(currency_code="AUD", default_currency_code=missing).currency == ""


@pytest.mark.parametrize("blank", [None, "", {}, []])
def test_blank_fields_in_every_spelling_are_blank(blank: object) -> None:
    order = order_of(
        coupon_discount=blank, customer_message=blank, customer_id=blank, items_total=blank, billing_address=blank,
        is_tax_inclusive_pricing=blank, shipping_address_count=blank, date_modified=blank,
    )  # fmt: skip
    assert (order.coupon_discount, order.customer_message, order.customer_id) == (Decimal(0), "", 0)
    assert (order.items_total, order.billing.email, order.is_tax_inclusive) == (None, "", None)
    assert order.modified_at == order.created_at


@pytest.mark.parametrize(
    "text",
    [
        "Sat, 01 Aug 2026 12:00:00 +1000",
        "2026-08-01T12:00:00.000+10:00",
        "2026-08-01T02:00:00Z",
        "2026-08-01 02:00:00",
    ],
)
def test_a_date_is_read_in_either_form(text: str) -> None:
    assert order_of(date_created=text).created_at == datetime(2026, 8, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date_created", "yesterday"),
        ("date_created", None),
        ("date_created", "0001-01-01T00:00:00+14:00"),
        ("date_modified", "Thu, 99 Foo 2026"),
        ("status_id", "eleven"),
        ("status_id", Decimal("1.5")),
        ("total_inc_tax", None),
        ("total_inc_tax", "a lot"),
        ("total_inc_tax", "1e40"),
        ("total_inc_tax", "NaN"),
        ("discount_amount", {"amount": 1}),
        ("subtotal_inc_tax", True),
        ("items_total", -1),
        ("customer_id", -5),
    ],
)
def test_an_order_that_makes_no_sense_keeps_its_id_and_names_the_field(name: str, value: object) -> None:
    order = read_order(order_row() | {name: value})
    assert isinstance(order, UnreadableOrder)
    assert order.id == 100
    assert name in order.reason


@pytest.mark.parametrize(
    "value", [None, 7, "order", [], {}, {"id": None}, {"id": "x"}, {"id": -1}, {"id": 2**70}]
)
def test_a_row_without_a_usable_id_is_unreadable_too(value: object) -> None:
    assert read_order(value) == UnreadableOrder(id=0, reason="a row of the list has no usable id")


def test_an_id_written_as_text_is_an_id() -> None:
    assert read_order(order_row() | {"id": "100"}) == read_order(order_row())


def test_a_line_is_read_with_options_and_discounts() -> None:
    discounts = [
        {"id": "coupon", "amount": Decimal("4.66"), "name": "Ten off", "code": None, "target": "order"}
    ]
    line = read_line(line_row(applied_discounts=discounts, parent_order_product_id={}))
    assert (line.sku, line.options, line.parent_id, line.address_id) == (
        "MUG-GUM",
        ("Colour: Green",),
        None,
        9,
    )
    assert line.price == Taxed(Decimal("10.0000"), Decimal("11.0000"), Decimal("1.0000"))
    assert (line.applied_discounts[0].amount, line.applied_discounts[0].code) == (Decimal("4.66"), "")


def test_control_characters_and_a_very_long_sku_are_survived() -> None:
    line = read_line(
        line_row(
            sku="X" * 10_000, name="Mug\x00\x1b\ud800 two", product_options=[{"display_value": "Big"}, {}]
        )
    )
    assert len(line.sku) == 10_000
    assert line.name == "Mug    two"
    assert line.options == ("Big",)


@pytest.mark.parametrize("quantity", [-1, "many", "1e20"])
def test_a_line_without_a_sensible_quantity_makes_no_sense(quantity: object) -> None:
    with pytest.raises(Nonsense, match="quantity"):
        read_line(line_row(quantity=quantity))


def test_a_fee_is_read_in_the_spelling_of_the_sample_too() -> None:
    fees = [read_fee(row) for row in fee_rows(example("bigcommerce", "spec26__order_fees.json")) or ()]
    assert [(fee.name, fee.cost.ex_tax, fee.cost.inc_tax) for fee in fees] == [
        ("A Fee", Decimal("12.3000"), Decimal("12.3000")),
        ("B Fee", Decimal("4.0000"), Decimal("12.0000")),
    ]
    assert fee_rows({"url": "https://x.example.com", "resource": "/orders/1/fees"}) is None


def test_an_order_with_its_consignments_is_complete_without_another_call() -> None:
    row = whole_row()
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    found = included(row, order)
    assert found is not None
    assert found.complete
    assert [line.sku for line in found.lines] == ["MUG-GUM"]
    assert found.shipping_addresses[0].address.city == "Bendigo"


def changed(**changes: Any) -> dict[str, Any]:
    row = whole_row()
    row["consignments"] |= changes
    return row


CUT: dict[str, dict[str, Any]] = {
    "warning": changed(
        shipping=[address_row(line_items=[line_row()]) | {"__warning__": {"message": "only 50"}}]
    ),
    "warning above": changed(__warning__={"message": "only 50"}),
    "links": changed(
        shipping=[address_row(line_items=[{"url": "https://x.example.com/12", "resource": "/12"}])]
    ),
    "link object": changed(downloads=[{"line_items": {"url": "https://x.example.com", "resource": "/12"}}]),
    "group no list": changed(pickups={"url": "https://x.example.com"}),
    "row no object": changed(pickups=[7]),
    "a link": whole_row(
        consignments={"url": "https://x.example.com", "resource": "/orders/100/consignments"}
    ),
    "legacy array": whole_row(consignments=[{"line_items": [line_row()]}]),
    "absent": order_row(),
    "fewer pieces": whole_row(items_total=2),
    "an address short": whole_row(shipping_address_count=2),
    "no count and money short": whole_row(items_total=None, subtotal_inc_tax="22", subtotal_ex_tax="20"),
    "fees only a link": whole_row(
        total_inc_tax="13.2", total_ex_tax="12", fees={"url": "https://x.example.com"}
    ),
    "coupon in doubt": whole_row(coupon_discount="5", total_inc_tax="11", total_ex_tax="10"),
}


@pytest.mark.parametrize("row", CUT.values(), ids=CUT.keys())
def test_an_order_of_which_anything_is_cut_or_in_doubt_is_not_complete(row: dict[str, Any]) -> None:
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    assert included(row, order) is None


def test_fees_within_an_order_are_read() -> None:
    fee = {
        "id": 1,
        "display_name_customer": "Tree",
        "cost_ex_tax": "2",
        "cost_inc_tax": "2.2",
        "cost_tax": ".2",
    }
    row = whole_row(total_inc_tax="13.2", total_ex_tax="12", fees=[fee])
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    found = included(row, order)
    assert found is not None
    assert [one.name for one in found.fees] == ["Tree"]


def test_digital_pickup_and_gift_lines_are_found_in_their_groups() -> None:
    row = whole_row(
        items_total=3, subtotal_ex_tax="30", subtotal_inc_tax="33", total_ex_tax="30", total_inc_tax="33"
    )
    row["shipping_address_count"] = 0
    row["consignments"] = {
        "pickups": [{"id": 1, "line_items": [line_row(1)]}],
        "downloads": [{"recipient_email": "a@example.com", "line_items": [line_row(2, type="digital")]}],
        "email": {"gift_certificates": [{"line_items": [line_row(3, type="giftcertificate", sku="")]}]},
    }
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    found = included(row, order)
    assert found is not None
    assert [line.type for line in found.lines] == ["physical", "digital", "giftcertificate"]


def test_a_repeated_line_counts_once_and_lines_stand_by_their_ids() -> None:
    assert [line.id for line in unique_lines([line_row(2), line_row(1), line_row(2)])] == [1, 2]


def test_lines_are_missing_when_pieces_and_money_are_short() -> None:
    lines = (read_line(line_row()),)
    assert evidently_short(order_of(items_total=2, subtotal_inc_tax="22", subtotal_ex_tax="20"), lines)
    assert not evidently_short(order_of(items_total=2), lines)
    assert not evidently_short(order_of(subtotal_inc_tax="22", subtotal_ex_tax="20"), lines)


def test_totals_add_up_in_either_basis() -> None:
    assert adds_up(order_of())
    assert adds_up(order_of(total_ex_tax="99"))
    assert adds_up(order_of(total_inc_tax="99"))
    assert not adds_up(order_of(total_inc_tax="99", total_ex_tax="90"))


def test_a_document_makes_the_same_order_again_and_keeps_no_needless_personal_data() -> None:
    row = whole_row()
    order = read_order(row)
    assert isinstance(order, ShopOrder)
    found = included(row, order)
    assert found is not None
    again = reopened(found.document)
    assert again == found
    for needless in ("203.0.113.9", "rang twice", "Birthday", "geoip", "evil"):
        assert needless in dump(row)
        assert needless not in found.document


@pytest.mark.parametrize("document", ["", "{}", "[]", "null", '{"order": 1}', "[" * 50_000])
def test_a_spoilt_document_is_said_to_be_one(document: str) -> None:
    with pytest.raises(Nonsense):
        reopened(document)


def test_a_hollow_order_is_never_complete() -> None:
    assert (hollow(7).order.id, hollow(7).complete) == (7, False)


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_of_the_contract_is_read(name: str) -> None:
    value = example("bigcommerce", name)
    order = read_order(value)
    assert isinstance(order, ShopOrder)
    assert order.id == value["id"]
    assert order.total.inc_tax == Decimal(value["total_inc_tax"])
    assert str(order.id) in name
    assert reopened(sealed(order, ()).document) == sealed(order, ())


def test_the_contract_has_orders_to_read() -> None:
    assert examples("bigcommerce").is_dir()
    assert len(ORDERS) >= 19


def test_every_other_order_file_of_the_contract_is_read() -> None:
    folder = examples("bigcommerce")
    read: list[object] = []
    for path in sorted(folder.glob("*.json")):
        value = load(path.read_text())
        rows = value if isinstance(value, list) else [value]
        if "products" in path.name or "__product_" in path.name:
            read += [read_line(row) for row in rows]
        if "shipping_address" in path.name:
            read += [read_shipping_address(row) for row in rows]
        if "__coupons" in path.name:
            read += [read_coupon(row) for row in rows]
    assert len(read) >= 15
    assert Coupon(code="S2549JM0Y", kind=2, discount=Decimal(5)) in read


def test_pick_list_children_count_among_the_pieces() -> None:
    order = read_order(example("bigcommerce", "spec26__order_247.json"))
    lines = unique_lines(example("bigcommerce", "spec20__order_247__products.json"))
    assert isinstance(order, ShopOrder)
    assert sum(line.quantity for line in lines) == order.items_total
    assert [line.parent_id for line in lines] == [None, None, None, 240]
    assert not evidently_short(order, lines)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.decimals()
    | st.sampled_from(["1e99", "-1", "Thu, 31 Feb 2026 99:99:99 +9999", "\x00", "9" * 400, "٣"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inside:
        found += places(held, (*path, name))
    return found


PLACES = places(whole_row())


@given(st.dictionaries(st.sampled_from(PLACES), odd, min_size=1, max_size=4))
def test_a_mangled_order_is_a_value_or_unreadable_and_never_a_crash(
    changes: dict[tuple[Any, ...], object],
) -> None:
    row: Any = copy.deepcopy(whole_row())
    for path, value in sorted(changes.items(), key=lambda change: -len(change[0])):
        place = row
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
    order = read_order(row)
    if isinstance(order, UnreadableOrder):
        assert order.reason
        return
    try:
        found = included(row, order)
    except Nonsense as fault:
        assert str(fault)
        return
    if found is not None:
        assert reopened(found.document) == found


@given(st.dictionaries(st.sampled_from(sorted(line_row())), odd, max_size=4))
def test_a_mangled_line_is_a_line_or_nonsense(changes: dict[str, object]) -> None:
    try:
        line = read_line(line_row() | changes)
    except Nonsense as fault:
        assert str(fault)
    else:
        assert isinstance(line, OrderLine)
        assert msgspec.json.decode(msgspec.json.encode(line), type=OrderLine) == line


def test_a_complete_order_is_the_engines_own_type() -> None:
    assert isinstance(hollow(1), CompleteOrder)
