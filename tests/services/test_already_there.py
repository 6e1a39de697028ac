"""What Saasu has already is looked at before the first post, over SQL and the sandbox's two servers (SYNC §7.7, §7.10)."""

from collections import Counter as Count
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import delete, func, select, update

from portal.ledger import SqlKnownSales, SqlLedger, doubt
from portal.models.connections import Connection
from portal.models.mirrors import CallCount, ListedSale
from portal.models.orders import Attempt, LineShape, Order
from portal.models.runs import Run, RunState
from portal.services import backup
from portal.sync.ports import OrderRecord, Outcome
from tests import databases
from tests.backfill_clerk import Clerk
from tests.selection_desk import Counter


class Killed(BaseException):
    """What ends a process that is killed: nothing catches it."""


def empty_the_ledger(shop: Counter) -> None:
    """As after the loss of the database: the connection is set up again and knows nothing; the shop is read from the same day on."""
    session = shop.desk.session
    for table in (LineShape, Attempt, Order, ListedSale):
        session.execute(delete(table))
    shop.connection.watermark = shop.connection.start_at
    shop.connection.looked_since = shop.connection.doubt_from = None
    session.commit()


def named(shop: Counter) -> dict[str, tuple[int | None, str]]:
    """By its marker, which invoice the ledger names for an order, and its state."""
    shop.desk.session.rollback()
    return {
        f"BC-{order.store_hash}-{order.order_id}": (order.invoice_id, order.state)
        for order in shop.desk.session.scalars(select(Order))
    }


def sales(shop: Counter) -> dict[str, tuple[int, str]]:
    """By its marker, each sale of the shop that Saasu has; each marker once."""
    found = shop.desk.sales()
    assert max(Count(one["PurchaseOrderNumber"] for one in found).values()) == 1
    return {one["PurchaseOrderNumber"]: (one["TransactionId"], "posted") for one in found}


def listings(shop: Counter) -> int:
    return shop.desk.calls("saasu").get("GET /Invoices", 0)


def enter_by_hand(shop: Counter, number: str) -> None:
    url = f"{shop.desk.servers.saasu_url}/_control/files/{shop.desk.file.file_id}/invoices"
    line = {"ItemCode": "SHIPPING", "TaxCode": "G1", "Quantity": 1, "UnitPrice": 5}
    sale = {"InvoiceNumber": number, "PurchaseOrderNumber": "PO 7", "LineItems": [line]}
    assert requests.post(url, json=sale, timeout=10).ok


# --- a ledger that was lost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "SHO"])
def test_an_emptied_ledger_names_the_sales_that_saasu_has_and_posts_none_of_them_again(
    shop: Counter, prefix: str
) -> None:
    shop.save(prefix=prefix)
    numbers = [shop.place() for _ in range(3)]
    shop.run()
    before = sales(shop)
    empty_the_ledger(shop)
    new = shop.place()

    run = shop.run()

    assert (run.state, len(before)) == (RunState.FINISHED, 3)
    assert named(shop) == sales(shop)
    assert len(sales(shop)) == 4
    assert {shop.state(number)[0] for number in (*numbers, new)} == {"posted"}
    assert run.posted == 4


def test_the_look_costs_a_run_one_call_more_and_the_runs_after_it_nothing(shop: Counter) -> None:
    shop.save(prefix="")
    shop.place()
    shop.run()
    first = listings(shop)
    shop.place()
    shop.run()
    second = listings(shop)
    calls = sum(shop.desk.calls("saasu").values())
    shop.run()

    # One look and one read-back; then one read-back; an idle run asks nothing.
    assert (first, second - first) == (2, 1)
    assert sum(shop.desk.calls("saasu").values()) == calls


def test_a_number_that_a_strangers_sale_has_is_said_before_anything_is_sent(shop: Counter) -> None:
    taken, free = shop.place(), shop.place()
    enter_by_hand(shop, f"sho{taken}")

    shop.run()

    order = shop.order(taken)
    assert order.problems[0]["sentence"] == (
        f"Order #{taken}: Invoice with number SHO{taken} already exists."
    )
    assert (order.state, order.first_sent_at, shop.state(free)[0]) == ("exists", None, "posted")


def test_sales_deleted_in_saasu_since_they_were_listed_cost_one_listing_for_all_of_them(
    shop: Counter,
) -> None:
    shop.save(prefix="")
    numbers = [shop.place() for _ in range(5)]
    shop.run()
    empty_the_ledger(shop)
    shop.run()
    shop.desk.servers.saasu.files[shop.desk.file.file_id].invoices.clear()
    session = shop.desk.session
    assert session.scalar(select(func.count()).select_from(ListedSale)) == 5
    for table in (LineShape, Attempt, Order):
        session.execute(delete(table))
    shop.connection.watermark = shop.connection.start_at
    session.commit()
    shop.forward(minutes=5)
    before, shown = listings(shop), dict(shop.desk.calls("saasu"))

    run = shop.run()

    assert (run.state, run.posted) == (RunState.FINISHED, 5)
    assert named(shop) == sales(shop)
    assert {shop.state(number)[0] for number in numbers} == {"posted"}
    # One listing for all, and the read-back.
    assert listings(shop) == before + 2
    by_id = {
        name: calls for name, calls in shop.desk.calls("saasu").items() if name.startswith("GET /Invoice/")
    }
    assert sum(by_id.values()) - sum(shown.get(name, 0) for name in by_id) <= 2


@pytest.mark.parametrize("dies", ["before keeping", "after keeping"])
def test_a_worker_killed_between_looking_and_posting_posts_nothing_twice(
    shop: Counter, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    shop.save(prefix="")
    for _ in range(2):
        shop.place()
    shop.run()
    empty_the_ledger(shop)
    settle, keep = SqlLedger.settle, SqlKnownSales.keep

    def dying(self: SqlLedger, record: OrderRecord, outcome: Outcome) -> None:
        raise Killed

    def kept_then_dead(self: SqlKnownSales, *arguments: object) -> None:
        keep(self, *arguments)  # type: ignore[arg-type]
        raise Killed

    if dies == "before keeping":
        monkeypatch.setattr(SqlLedger, "settle", dying)
    else:
        # As if the sales had been listed, and kept, before the orders were known.
        monkeypatch.setattr(SqlLedger, "known", lambda *_: {})
        monkeypatch.setattr(SqlKnownSales, "keep", kept_then_dead)
    with pytest.raises(Killed):
        shop.run()
    monkeypatch.setattr(SqlLedger, "settle", settle)
    monkeypatch.undo()
    shop.desk.session.rollback()
    shop.desk.session.execute(update(Run).values(state=RunState.FAILED))
    shop.desk.session.execute(update(Connection).values(lease_until=None))
    shop.desk.session.commit()

    shop.run()

    assert named(shop) == sales(shop)
    assert len(sales(shop)) == 2


# --- restored, or away --------------------------------------------------------------------------------------------------


def test_orders_posted_after_a_backup_was_written_are_found_by_the_restored_ledger(
    shop: Counter, app: Flask, tmp_path: Path
) -> None:
    shop.save(prefix="")
    shop.place()
    shop.run()
    session = shop.desk.session
    backup.write_backup(session, tmp_path / "portal.zip", shop.clock.now())
    lost = [shop.place(), shop.place()]
    shop.run()
    held = {number: shop.order(number).invoice_id for number in lost}
    connection_id, file_pk = shop.connection.id, shop.desk.file.id
    session.close()
    databases.empty(session.get_bind().engine.url.render_as_string(hide_password=False))
    backup.restore_backup(session, tmp_path / "portal.zip", shop.desk.outside.vault)
    shop.connection = session.get_one(Connection, connection_id)
    shop.desk.file = shop.connection.file
    before = listings(shop)
    assert shop.desk.file.id == file_pk

    shop.run()

    assert named(shop) == sales(shop)
    assert {number: shop.order(number).invoice_id for number in lost} == held
    assert listings(shop) == before + 1


def test_after_two_hours_without_a_run_what_saasu_got_meanwhile_is_looked_at_first(shop: Counter) -> None:
    shop.place()
    shop.run()
    shop.forward(minutes=110)
    shop.place()
    shop.run()
    assert shop.connection.doubt_from is None
    before = listings(shop)

    shop.forward(minutes=130)
    shop.place()
    shop.run()

    assert listings(shop) == before + 2
    shop.desk.session.refresh(shop.connection)
    assert shop.connection.doubt_from is None


def test_a_run_with_nothing_to_post_keeps_the_doubt_for_the_next_one(shop: Counter) -> None:
    shop.place()
    shop.run()
    shop.forward(hours=3)

    shop.run()

    shop.desk.session.refresh(shop.connection)
    assert shop.connection.doubt_from is not None
    assert shop.connection.doubt_from < shop.clock.now() - timedelta(hours=3)


def test_switched_on_again_a_connection_looks_at_what_saasu_got_while_it_was_off(shop: Counter) -> None:
    shop.place()
    shop.run()
    shop.switch(False)
    began = shop.clock.now()
    shop.forward(minutes=90)
    shop.switch(True)
    assert shop.connection.doubt_from == began
    number = shop.place()
    enter_by_hand(shop, f"SHO{number}")

    shop.run()

    shop.desk.session.refresh(shop.connection)
    assert (shop.state(number)[0], str(shop.connection.doubt_from)) == ("exists", "None")


def test_a_doubt_reaches_back_to_the_earliest_that_was_said(shop: Counter) -> None:
    session, now = shop.desk.session, shop.clock.now()
    for hours in (3, 5, 4):
        doubt(session, shop.connection.id, now - timedelta(hours=hours))
    session.commit()
    session.refresh(shop.connection)

    assert shop.connection.doubt_from == now - timedelta(hours=5)


# --- a backfill ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("over_after")
def test_a_backfill_over_a_file_that_has_the_sales_posts_the_rest_in_two_slices(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, over_after: object
) -> None:
    clerk.connection.prefix = ""
    clerk.desk.session.commit()
    clerk.ask()
    clerk.turns()
    before = clerk.desk.sales()
    session = clerk.desk.session
    gone = {one["TransactionId"] for one in before[::3]}
    for invoice_id in gone:
        del clerk.desk.servers.saasu.files[clerk.desk.file.file_id].invoices[invoice_id]
    for table in (LineShape, Attempt, Order, ListedSale):
        session.execute(delete(table))
    session.execute(update(Run).values(backfill_id=None))
    clerk.backfill.state, clerk.backfill.cursor, clerk.backfill.read_to_end = "running", 0, False
    clerk.connection.looked_since = clerk.clock.now()
    session.commit()
    over_after(len(gone) // 2 + 6)  # type: ignore[operator]
    purposes = select(func.sum(CallCount.calls)).where(CallCount.purpose == "invoices")
    calls = session.scalar(purposes)

    first, second = clerk.slice(), clerk.slice()

    markers = Count(one["PurchaseOrderNumber"] for one in clerk.desk.sales())
    assert set(markers.values()) == {1}
    assert len(markers) == len(before)
    assert clerk.states()["posted"] == len(before)
    assert 0 < second.posted < len(gone)
    assert first.posted + second.posted == len(before)
    # The look in the first slice, two past windows listed twice and the present once; a read-back in each of the two slices.
    assert (session.scalar(purposes) or 0) - (calls or 0) == 7
