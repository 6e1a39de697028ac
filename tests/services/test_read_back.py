"""Whole runs against the sandbox: what was posted is read back, and what changed in the shop afterwards is told (SYNC §2, §7.8)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from sqlalchemy import select

from portal.clients.saasu import Saasu
from portal.models.connections import Connection
from portal.models.orders import LineShape, Order
from portal.models.runs import RunKind
from portal.services import after_posting, line_prices, runs
from portal.services.runs import SystemClock, request_run
from portal.services.syncing import carry_out
from portal.sync.bridge import Figures
from portal.sync.shapes import Shape
from sandbox.saasu import arithmetic
from tests.sandbox_desk import Desk


def rows(desk: Desk, *conditions: Any) -> list[Order]:
    desk.session.expire_all()
    return list(desk.session.scalars(select(Order).where(*conditions).order_by(Order.order_id)))


def posted(desk: Desk) -> list[Order]:
    return rows(desk, Order.state == "posted")


def place(desk: Desk, *lines: dict[str, Any], **more: Any) -> int:
    """Place an order in the shop; its number."""
    spec = {"lines": list(lines), "created": moment(timedelta(minutes=5))} | more
    url = f"{desk.servers.bigcommerce_url}/_control/stores/{desk.shop.hash}/orders"
    answer = requests.post(url, json=spec, timeout=10)
    assert answer.ok, answer.text
    return int(answer.json()["id"])


def change(desk: Desk, number: int, **fields: Any) -> None:
    """Change an order in the shop, as a merchant would, some minutes ago."""
    url = f"{desk.servers.bigcommerce_url}/_control/stores/{desk.shop.hash}/orders/{number}"
    answer = requests.patch(url, json={"date_modified": moment(timedelta(minutes=3))} | fields, timeout=10)
    assert answer.ok, answer.text


def moment(ago: timedelta) -> str:
    return f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"


def looked(desk: Desk, connection: Connection) -> Connection:
    """A connection that has looked at what Saasu has already, so that a run lists nothing before it posts."""
    connection.looked_since = connection.start_at
    desk.session.commit()
    return connection


def in_saasu(desk: Desk) -> dict[str, Decimal]:
    return {sale["InvoiceNumber"]: Decimal(str(sale["TotalAmount"])) for sale in desk.sales()}


@pytest.mark.parametrize(
    ("settings", "on_item"),
    [
        ({}, True),
        ({}, False),
        ({"rounding": "sum", "half": "even"}, False),
        ({"numbers": "binary", "tax_on": "unrounded"}, False),
        ({"between": "gross"}, False),
        ({"order_tax": "null"}, True),
    ],
)
def test_every_posted_order_is_read_back_to_the_cent_however_saasu_rounds(
    desk: Desk, settings: dict[str, Any], on_item: bool
) -> None:
    desk.servers.saasu.change_settings(settings)
    connection = desk.connect() if on_item else desk.connect(discount_item_id=None)

    run = desk.run(connection)

    found = posted(desk)
    assert run.state == "finished"
    assert len(found) == run.posted > 5
    assert {row.number: row.books_total for row in found} == in_saasu(desk)
    told = [row for row in found if row.books_tax is not None]
    assert len(told) == (0 if settings.get("order_tax") == "null" else len(found))
    assert all(row.read_back_at and not row.look_once and not row.problems for row in found)
    assert [row.books_tax for row in told] == [Decimal(row.bridge[-1]["books"]) for row in told]


def test_reading_back_costs_one_page_and_one_call_for_each_shape(desk: Desk) -> None:
    connection = looked(desk, desk.connect(discount_item_id=None))

    desk.run(connection)

    calls = desk.calls("saasu")
    shapes = desk.session.scalars(select(LineShape)).all()
    assert all(shape.proved_at for shape in shapes)
    assert calls["GET /Invoices"] == 1
    assert 1 <= calls["GET /Invoice/{id}"] <= len(shapes)


def short_of_a_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on Saasu makes a cent less of every line with a percentage off one piece."""
    line_of = arithmetic._decimal_line

    def computed(line: arithmetic.Line, rules: arithmetic.Rules) -> Decimal:
        off = 0 < line.percentage < 100 and line.quantity == 1
        return line_of(line, rules) - (arithmetic.CENT if off else 0)

    monkeypatch.setattr(arithmetic, "_decimal_line", computed)


TEA = {"sku": "SHIPPING", "name": "Tea", "price": "11.00"}


def test_a_kind_of_line_that_differs_stops_and_goes_on_with_prices_of_whole_cents(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_a_cent(monkeypatch)
    connection = desk.connect(discount_item_id=None)
    connection.watermark = connection.start_at = datetime.now(UTC) - timedelta(hours=1)
    desk.session.commit()
    first = place(desk, TEA, manual_discount="1.10")
    second = place(desk, TEA, manual_discount="2.20")
    plain = place(desk, TEA)
    desk.run(connection)
    one, two, three = rows(desk, Order.order_id.in_([first, second, plain]))
    assert (one.state, one.look_once, one.books_total) == ("posted", True, Decimal("9.89"))
    assert one.problems[0]["sentence"] == (
        f"Order #{first}: Saasu shows $9.89 with GST $0.90 for SHO{first}; it should be $9.90 with GST $0.90"
    )
    assert (two.state, two.problems[0]["code"], three.state) == ("failed", "POSTED_TOTAL_DIFFERS", "posted")
    assert "a percentage off one piece" in two.problems[0]["sentence"]

    line_prices.choose(
        desk.session, connection, "Alice", datetime.now(UTC), lambda *_: None, whole_cents=True
    )
    desk.run(connection)

    (two,) = rows(desk, Order.order_id == second)
    assert (two.state, two.books_total, two.look_once) == ("posted", Decimal("8.80"), False)
    assert len([sale for sale in desk.sales() if sale["InvoiceNumber"] == f"SHO{second}"]) == 1


def test_a_kind_of_line_is_tried_again_once_a_person_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        short_of_a_cent(broken)
        connection = desk.connect(discount_item_id=None)
        connection.watermark = connection.start_at = datetime.now(UTC) - timedelta(hours=1)
        desk.session.commit()
        place(desk, TEA, manual_discount="1.10")
        second = place(desk, TEA, manual_discount="2.20")
        desk.run(connection)

    line_prices.try_again(desk.session, connection, "Alice", datetime.now(UTC), lambda *_: None)
    desk.run(connection)

    (row,) = rows(desk, Order.order_id == second)
    assert (row.state, row.look_once) == ("posted", False)
    found = desk.session.scalars(select(LineShape).where(LineShape.shape == Shape.PERCENTAGE)).one()
    assert (found.order_pk, found.failed_at) == (row.id, None)


class DiedError(BaseException):
    """The worker is gone between two lines."""


def test_a_worker_that_dies_between_post_and_read_back_leaves_nothing_unread_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = looked(desk, desk.connect())
    clock = SystemClock()
    run = request_run(desk.session, connection, RunKind.MANUAL, "", clock.now(), lambda *_: None)

    def die(*_: Any, **__: Any) -> None:
        raise DiedError

    with monkeypatch.context() as dying:
        dying.setattr(Saasu, "invoices_modified", die)
        with pytest.raises(DiedError):
            carry_out(desk.session, desk.outside, run.id, 1, clock)
    desk.session.rollback()
    unread = [row.order_id for row in posted(desk) if row.read_back_at is None]
    assert len(unread) > 5
    connection.lease_until = clock.now() - timedelta(seconds=1)
    desk.session.commit()
    assert runs.sweep(desk.session, clock.now(), set(), lambda *_: None) == 1
    carry_out(desk.session, desk.outside, run.id, 2, clock)
    place(desk, TEA)

    desk.run(connection)

    assert all(row.read_back_at and not row.look_once for row in posted(desk))
    assert set(Counter(sale["PurchaseOrderNumber"] for sale in desk.sales()).values()) == {1}


def test_saasu_that_goes_away_after_the_posts_leaves_the_run_incomplete_and_the_posts_kept(
    desk: Desk,
) -> None:
    connection = looked(desk, desk.connect())
    fault = {"match": {"method": "GET", "path": "/Invoices"}, "fault": "error_before", "times": 3}
    desk.servers.controls["saasu"].faults.order(fault)

    run = desk.run(connection)

    assert (run.state, run.problem_code) == ("incomplete", "SAASU_UNREACHABLE")
    assert len(posted(desk)) == run.posted > 5
    assert any(row.read_back_at is None for row in posted(desk))
    place(desk, TEA)
    assert desk.run(connection).state == "finished"
    assert all(row.read_back_at for row in posted(desk))


def ready(desk: Desk, **more: Any) -> tuple[Connection, int]:
    """A connection on which an order of two teas is posted."""
    connection = desk.connect()
    number = place(desk, TEA | {"quantity": 2}, **more)
    desk.run(connection)
    return connection, number


def test_an_order_cancelled_after_posting_is_told_dealt_with_and_never_rewritten(desk: Desk) -> None:
    connection, number = ready(desk)
    before = desk.sales()
    change(desk, number, status_id=5)

    run = desk.run(connection)

    (row,) = rows(desk, Order.order_id == number)
    assert (row.state, row.look_once, run.posted) == ("posted", True, 0)
    assert row.changes is not None
    assert row.changes["means"] == [
        f"Cancelled in the shop after it was posted: cancel or delete Sale Order SHO{number} ($22.00 with GST $2.00) in Saasu by hand."
    ]
    assert desk.sales() == before
    assert after_posting.deal_with(desk.session, row, row.changes_seen, "Alice", datetime.now(UTC))
    change(
        desk, number, staff_notes="Rang the customer.", date_modified=moment(timedelta(minutes=2, seconds=30))
    )
    desk.run(connection)
    assert rows(desk, Order.order_id == number)[0].look_once is False
    change(desk, number, status_id=11, date_modified=moment(timedelta(minutes=2, seconds=10)))
    desk.run(connection)
    (row,) = rows(desk, Order.order_id == number)
    assert row.changes is not None
    assert (row.look_once, row.dealt_with_at, row.changes["what"]) == (
        True,
        None,
        ["It is again as it was when it was posted"],
    )


def test_an_order_whose_lines_change_after_posting_says_by_how_much_the_books_must_move(desk: Desk) -> None:
    connection, number = ready(desk)
    url = f"{desk.servers.bigcommerce_url}/_control/stores/{desk.shop.hash}/orders/{number}"
    products = requests.get(url, timeout=10).json()["products"]
    products[0] |= {
        "quantity": 1,
        "total_inc_tax": "11.0000",
        "total_ex_tax": "10.0000",
        "total_tax": "1.0000",
    }
    change(
        desk,
        number,
        products=products,
        items_total=1,
        subtotal_inc_tax="11.0000",
        subtotal_ex_tax="10.0000",
        total_inc_tax="11.0000",
        total_ex_tax="10.0000",
        total_tax="1.0000",
    )

    desk.run(connection)

    (row,) = rows(desk, Order.order_id == number)
    assert row.changes is not None
    assert row.changes["what"] == [
        "Total was $22.00 and is now $11.00",
        "GST was $2.00 and is now $1.00",
        "2 × Tea became 1 × Tea",
    ]
    assert row.changes["means"] == [
        (
            f"Saasu shows $22.00 with GST $2.00; the shop now says $11.00 with GST $1.00: "
            f"reduce Sale Order SHO{number} by $11.00 and its GST by $1.00."
        )
    ]
    assert in_saasu(desk)[f"SHO{number}"] == Decimal("22.00")


def test_an_order_that_is_shipped_and_completed_asks_for_nothing(desk: Desk) -> None:
    connection, number = ready(desk)
    change(desk, number, status_id=2)
    desk.run(connection)
    change(desk, number, status_id=10, date_modified=moment(timedelta(minutes=2, seconds=30)))

    desk.run(connection)

    (row,) = rows(desk, Order.order_id == number)
    assert row.look_once is False
    assert row.changes is not None
    assert (len(row.changes["what"]), row.changes["means"]) == (1, [])


def test_an_order_whose_text_was_forgotten_is_compared_with_what_its_record_knows(desk: Desk) -> None:
    connection, number = ready(desk)
    (row,) = rows(desk, Order.order_id == number)
    row.decided_at = datetime.now(UTC) - timedelta(days=91)
    desk.session.commit()
    assert after_posting.forget_texts(desk.session, datetime.now(UTC)) == 1
    change(desk, number, status_id=4)

    desk.run(connection)

    (row,) = rows(desk, Order.order_id == number)
    assert (row.document, row.look_once) == (None, True)
    assert row.changes is not None
    assert row.changes["means"][0].startswith("Refunded in the shop after it was posted: take Sale Order SHO")
    assert Figures(row.books_total or Decimal(0), row.books_tax) == Figures(Decimal("22.00"), Decimal("2.00"))
