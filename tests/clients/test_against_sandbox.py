"""Both clients against the sandbox, over real connections: complete reads with few calls, posts, and every fault in its place."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.clients.bigcommerce import BigCommerce
from portal.clients.saasu import Saasu, SaasuSignIn
from portal.clients.transport import TimeOuts, Transport
from portal.sync.failures import (
    CodeWanted,
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    RemoteFailure,
    StaleRecord,
    StoreClosed,
    Throttled,
    Unreachable,
)
from portal.sync.orders import CompleteOrder, OrderPage, ShopOrder
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    ContactChange,
    NewContact,
    PostalAddress,
    SaleLine,
    SaleOrder,
)
from sandbox.serve import Running, running

FILE_ID = 51001
USERNAME, PASSWORD = "books@example.com", "sandbox-books-1"
LIMITS = TimeOuts(connect_ms=1_000, read_ms=400, whole_ms=3_000)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Both:
    """A sandbox of one shop and its books, with a client for each."""

    servers: Running
    shop: BigCommerce
    books: Saasu
    sign_in: SaasuSignIn

    @property
    def hash(self) -> str:
        return str(next(iter(self.servers.bigcommerce.shops)))

    def fault(self, remote: str, name: str, **more: Any) -> None:
        match = {"path": "*"} if remote == "bigcommerce" else {"method": "POST", "path": "/Invoice"}
        self.servers.controls[remote].faults.order({"match": match, "fault": name} | more)

    def calls(self, remote: str) -> dict[str, int]:
        found: dict[str, int] = self.servers.controls[remote].calls()["by_endpoint"]
        return found

    def forget_calls(self) -> None:
        for control in self.servers.controls.values():
            control.forget_calls()

    def sales(self) -> list[dict[str, Any]]:
        return list(self.servers.saasu.files[FILE_ID].invoices.values())

    def until(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=2)


def quick() -> Transport:
    return Transport(sleep=lambda _ms: None, jitter=lambda: 0, time_outs=LIMITS)


def shop_of(servers: Running, store_hash: str) -> BigCommerce:
    token = servers.bigcommerce.shops[store_hash].store.token
    return BigCommerce(quick(), store_hash=store_hash, access_token=token, base_url=servers.bigcommerce_url)


@pytest.fixture
def both() -> Iterator[Both]:
    with running("journey") as servers:
        servers.saasu.change_settings({"calls_per_second": None})
        door = SaasuSignIn(quick(), servers.saasu_url)
        tokens = [door.sign_in(USERNAME, PASSWORD)]

        def renew(refused: str) -> str:
            assert refused == tokens[-1].access
            tokens.append(door.refresh(tokens[-1].refresh))
            return tokens[-1].access

        books = Saasu(
            quick(), file_id=FILE_ID, token=lambda: tokens[-1].access, renew=renew, base_url=servers.saasu_url
        )
        made = Both(servers, shop_of(servers, next(iter(servers.bigcommerce.shops))), books, door)
        made.forget_calls()
        yield made


def pages(shop: BigCommerce, until: datetime) -> Iterator[OrderPage]:
    """Every page of a window that holds all orders."""
    after_id = 0
    while True:
        page = shop.changed(since=LONG_AGO, until=until, after_id=after_id)
        yield page
        if page.last:
            return
        after_id = max(order.id for order in page.orders)


def read_all(shop: BigCommerce, until: datetime) -> tuple[list[ShopOrder], dict[int, CompleteOrder]]:
    orders: list[ShopOrder] = []
    complete: dict[int, CompleteOrder] = {}
    for page in pages(shop, until):
        assert page.unreadable == ()
        assert page.outside_window == 0
        orders += page.orders
        complete |= page.complete
    return orders, complete


def a_sale(books: Saasu, number: str = "HH1") -> SaleOrder:
    item = books.items()[0]
    line = SaleLine(
        description="Hoodie",
        item_id=item.id,
        quantity=Decimal(2),
        unit_price=Decimal("59.9500"),
        tax_code=item.tax_code,
    )
    return SaleOrder(
        number=number,
        marker=f"BC-test-{number}",
        on=date(2026, 8, 1),
        summary="BigCommerce order",
        lines=(line,),
    )


def test_a_generated_shop_is_read_completely_with_a_call_a_page() -> None:
    with running("demo") as servers:
        servers.bigcommerce.shops["ho01sandbox"].settings = replace(
            servers.bigcommerce.shops["ho01sandbox"].settings, quota=None, generating=False
        )
        shop = shop_of(servers, "ho01sandbox")
        until = datetime.now(UTC) - timedelta(minutes=2)
        orders, complete = read_all(shop, until)
        listing = servers.controls["bigcommerce"].calls()["total"]
        there = servers.bigcommerce.shops["ho01sandbox"].orders
        assert {order.id for order in orders} == {
            number
            for number, record in there.items()
            if record.modified(until) <= until and record.created <= until
        }
        assert len(orders) > 150
        assert listing <= len(orders) // 250 + 2
        assert len(complete) >= len(orders) * 9 // 10
        for order in orders:
            separate = shop.complete(order)
            assert separate.complete
            if order.id in complete:
                assert separate.lines == complete[order.id].lines
                assert [one.address for one in separate.shipping_addresses] == [
                    one.address for one in complete[order.id].shipping_addresses
                ]
            assert shop.reopen(separate.document) == separate


def test_an_order_of_sixty_lines_is_read_whole_from_its_own_list(both: Both) -> None:
    lines = [
        {
            "id": 5_000 + number,
            "order_id": 900,
            "sku": f"S{number}",
            "name": f"Thing {number}",
            "type": "physical",
            "quantity": 1,
            "order_address_id": 77,
            "price_ex_tax": "10.0000",
            "price_inc_tax": "11.0000",
            "price_tax": "1.0000",
            "total_ex_tax": "10.0000",
            "total_inc_tax": "11.0000",
            "total_tax": "1.0000",
        }
        for number in range(60)
    ]
    known = next(iter(both.servers.bigcommerce.shops[both.hash].orders.values())).documents
    order = known["order"] | {
        "id": 900,
        "items_total": 60,
        "subtotal_ex_tax": "600.0000",
        "subtotal_inc_tax": "660.0000",
        "total_ex_tax": "600.0000",
        "total_inc_tax": "660.0000",
        "shipping_address_count": 1,
    }
    address = {
        "id": 77,
        "order_id": 900,
        "first_name": "Mia",
        "last_name": "Kowalczyk",
        "cost_inc_tax": "0.0000",
    }
    with both.servers.bigcommerce.lock:
        both.servers.bigcommerce.shops[both.hash].add_documents(
            {
                "order": order,
                "products": lines,
                "shipping_addresses": [known["shipping_addresses"][0] | address],
            },
            datetime.now(UTC) - timedelta(hours=1),
        )
    found, complete = read_all(both.shop, both.until())
    sixty = next(one for one in found if one.id == 900)
    assert 900 not in complete
    whole = both.shop.complete(sixty)
    assert (len(whole.lines), whole.complete) == (60, True)


def test_a_shop_without_consignments_is_read_order_by_order(both: Both) -> None:
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, consignments=False)
    orders, complete = read_all(both.shop, both.until())
    assert len(orders) == 12
    assert complete == {}
    assert all(both.shop.complete(order).complete for order in orders)


def test_a_filter_the_shop_ignores_shows(both: Both) -> None:
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, ignore_filters=("min_date_modified", "max_date_modified"))
    page = both.shop.changed(since=LONG_AGO, until=LONG_AGO + timedelta(days=1), after_id=0)
    assert (page.orders, page.outside_window, page.last) == ((), 12, True)


def test_one_order_and_an_unknown_one(both: Both) -> None:
    orders, complete = read_all(both.shop, both.until())
    one = both.shop.one(orders[0].id)
    assert one is not None
    assert one.lines == complete[orders[0].id].lines
    assert both.shop.one(10**6) is None


def test_the_connection_test_tells_right_from_wrong(both: Both) -> None:
    found = both.shop.test_connection()
    assert (found.name, found.currency, found.notes) == ("Hoodie House", "AUD", ())
    url = both.servers.bigcommerce_url
    with pytest.raises(CredentialsRefused):
        BigCommerce(quick(), store_hash=both.hash, access_token="wrong-token", base_url=url).test_connection()
    shop = both.servers.bigcommerce.shops[both.hash]
    shop.settings = replace(shop.settings, scopes=("information",))
    with pytest.raises(Denied, match="Orders: read-only"):
        both.shop.test_connection()
    shop.settings = replace(shop.settings, scopes=("orders",))
    assert "Information & settings" in both.shop.test_connection().notes[0]
    shop.settings = replace(shop.settings, suspended=True)
    with pytest.raises(StoreClosed):
        both.shop.test_connection()


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("reset_before", {}),
        ("reset_after", {}),
        ("cut", {}),
        ("error_before", {"status": 502}),
        ("throttle", {}),
        ("reorder_rows", {}),
        ("duplicate_rows", {}),
        ("timeout", {"seconds": 2}),
    ],
)
def test_a_passing_fault_of_the_shop_costs_no_order(both: Both, fault: str, more: dict[str, Any]) -> None:
    both.fault("bigcommerce", fault, **more)
    orders, _ = read_all(both.shop, both.until())
    assert [order.id for order in orders] == sorted(both.servers.bigcommerce.shops[both.hash].orders)


@pytest.mark.parametrize(
    ("fault", "more", "kind"),
    [
        ("reset_before", {}, Unreachable),
        ("cut", {}, Unreachable),
        ("error_before", {"status": 502}, Unreachable),
        ("throttle", {}, Throttled),
        ("html", {}, Unreachable),
        ("malformed", {}, Unreachable),
    ],
)
def test_a_lasting_fault_of_the_shop_is_told_for_what_it_is(
    both: Both, fault: str, more: dict[str, Any], kind: type[RemoteFailure]
) -> None:
    both.fault("bigcommerce", fault, times=9, **more)
    with pytest.raises(kind) as caught:
        read_all(both.shop, both.until())
    assert type(caught.value) is kind


def test_a_sale_order_is_posted_and_found_again(both: Both) -> None:
    sale = a_sale(both.books)
    posted = both.books.post(sale)
    now = datetime.now(UTC)
    listed = list(
        both.books.invoices_modified(since=now - timedelta(minutes=5), until=now + timedelta(days=1))
    )
    assert [(row.invoice_id, row.number, row.purchase_order_number) for row in listed] == [
        (posted.invoice_id, "HH1", "BC-test-HH1")
    ]
    assert (listed[0].total, listed[0].invoice_type) == (Decimal("119.90"), "Sale Order")
    automatic = both.books.post(replace(sale, number=AUTO_NUMBER))
    assert automatic.number not in {"", AUTO_NUMBER}
    with pytest.raises(NumberTaken):
        both.books.post(sale)


@pytest.mark.parametrize(
    ("switches", "kind"),
    [
        ({"duplicate_status": 409, "duplicate_shape": "object"}, NumberTaken),
        ({"duplicate_shape": "text"}, NumberTaken),
        ({"maintenance": 200}, OutcomeLost),
        ({"maintenance": 503}, OutcomeLost),
    ],
)
def test_a_post_is_refused_in_every_shape(
    both: Both, switches: dict[str, Any], kind: type[RemoteFailure]
) -> None:
    sale = a_sale(both.books)
    both.books.post(sale)
    both.servers.saasu.change_settings(switches)
    with pytest.raises(kind) as caught:
        both.books.post(sale)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("fault", "more", "there"),
    [
        ("reset_before", {}, 0),
        ("reset_after", {}, 1),
        ("error_before", {}, 0),
        ("error_after", {}, 1),
        ("timeout", {"seconds": 2}, 0),
        ("timeout", {"seconds": 2, "commit": True}, 1),
        ("cut", {}, 1),
        ("html", {}, 0),
        ("html", {"commit": True}, 1),
        ("malformed", {}, 1),
        ("late_commit", {"seconds": 1}, 0),
    ],
)
def test_a_post_whose_answer_is_lost_is_never_sent_twice(
    both: Both, fault: str, more: dict[str, Any], there: int
) -> None:
    sale = a_sale(both.books)
    both.forget_calls()
    both.fault("saasu", fault, **more)
    with pytest.raises(OutcomeLost):
        both.books.post(sale)
    assert both.calls("saasu") == {"POST /Invoice": 1}
    assert len(both.sales()) == there


def test_a_throttled_post_was_not_done(both: Both) -> None:
    sale = a_sale(both.books)
    both.fault("saasu", "throttle", headers={"Retry-After": "30"})
    with pytest.raises(Throttled) as caught:
        both.books.post(sale)
    assert (caught.value.retry_after, both.sales()) == (30, [])


def test_a_plan_without_item_layout_is_told_from_a_missing_right(both: Both) -> None:
    sale = a_sale(both.books)
    both.servers.saasu.files[FILE_ID].item_layout = False
    with pytest.raises(Denied) as caught:
        both.books.post(sale)
    assert caught.value.plan


def test_an_expired_token_is_renewed_in_the_middle(both: Both) -> None:
    sale = a_sale(both.books)
    from sandbox.saasu.access import end_tokens

    with both.servers.saasu.lock:
        end_tokens(both.servers.saasu)
    both.forget_calls()
    assert both.books.post(sale).number == "HH1"
    assert both.calls("saasu") == {"POST /Invoice": 2, "POST /authorisation/refresh": 1}
    assert len(both.sales()) == 1


def test_a_file_out_of_reach_is_the_files_fault(both: Both) -> None:
    tokens = both.sign_in.sign_in(USERNAME, PASSWORD)
    stranger = Saasu(
        quick(),
        file_id=51003,
        token=lambda: tokens.access,
        renew=lambda _old: tokens.access,
        base_url=both.servers.saasu_url,
    )
    with pytest.raises(Denied):
        stranger.items()


def test_signing_in_gives_the_files_and_asks_for_a_code(both: Both) -> None:
    tokens = both.sign_in.sign_in(USERNAME, PASSWORD)
    assert tokens.file_ids == (51001, 51002)
    found = both.sign_in.files(tokens.access)
    assert [(file.file_id, file.currency, file.tax_registered) for file in found] == [
        (51001, "AUD", True),
        (51002, "AUD", True),
    ]
    with pytest.raises(CodeWanted):
        both.sign_in.sign_in("twokeys@example.com", "sandbox-twokeys-1")
    assert both.sign_in.sign_in("twokeys@example.com", "sandbox-twokeys-1", "246810").file_ids == (51003,)
    with pytest.raises(CredentialsRefused):
        both.sign_in.sign_in("twokeys@example.com", "sandbox-twokeys-1", "111111")
    with pytest.raises(CredentialsRefused):
        both.sign_in.sign_in(USERNAME, "wrong-password")
    assert both.books.file().file_id == FILE_ID


def test_a_contact_is_created_found_changed_and_then_stale(both: Both) -> None:
    place = PostalAddress(
        street="4 Wattle Lane", city="Bendigo", state="VIC", postcode="3550", country="Australia"
    )
    new = NewContact(given_name="Mia", family_name="Kowalczyk", email="mia+shop@example.com", postal=place)
    contact_id = both.books.create_contact(new)
    (contact,) = both.books.contacts_by_email("MIA+shop@example.com")
    assert (contact.id, contact.postal, contact.is_customer) == (contact_id, place, True)
    both.books.update_contact(
        contact, ContactChange(phone="0400 000 000", other=replace(place, city="Perth"))
    )
    (after,) = both.books.contacts_by_name("mia", "KOWALCZYK")
    assert (after.phone, after.other.city, after.postal, after.email) == (
        "0400 000 000",
        "Perth",
        place,
        contact.email,
    )
    with pytest.raises(StaleRecord):
        both.books.update_contact(contact, ContactChange(phone="1"))


def test_items_come_with_their_tax_codes_and_changes_alone_when_asked(both: Both) -> None:
    items = both.books.items()
    assert {"SHIPPING", "DISCOUNT"} <= {item.code for item in items}
    assert {item.tax_code for item in items} <= {code.code for code in both.books.tax_codes()} | {None}
    assert any(item.tax_code == "G1" for item in items)
    assert both.calls("saasu")["GET /TaxCodes"] == 1
    assert both.books.items(modified_since=datetime.now(UTC) + timedelta(hours=1)) == ()
