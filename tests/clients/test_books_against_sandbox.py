"""Saasu's client against the sandbox: posts, sign-ins, contacts, and every fault in its place."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.clients.saasu import Saasu
from portal.sync.failures import (
    CodeWanted,
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    RemoteFailure,
    StaleRecord,
    Throttled,
)
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    ContactChange,
    NewContact,
    PostalAddress,
    SaleLine,
    SaleOrder,
)
from tests.clients.sandboxes import FILE_ID, PASSWORD, USERNAME, Both, quick


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
    assert both.books.invoice(posted.invoice_id) == listed[0]
    assert both.books.invoice(posted.invoice_id + 1) is None
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
