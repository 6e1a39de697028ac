"""Whole runs against the sandbox's two servers, by the use cases alone: no worker, no browser."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import mirrors
from portal.database import db
from portal.ledger import take_lease
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.models.runs import Run, RunKind
from portal.services import connections, files
from portal.services.connections import Draft
from portal.services.remotes import Outside, books_for
from portal.services.runs import SystemClock, request_run
from portal.services.syncing import carry_out, read_parts
from portal.sync.rules import SYNCED_BY_DEFAULT
from sandbox.serve import Running, running
from tests.factories import make_firm
from tests.portal_app import app_for

LONG_AGO = timedelta(days=60)


@dataclass
class Desk:
    session: Session
    outside: Outside
    servers: Running
    file: SaasuFile
    shop: Any

    def draft(self, **more: Any) -> Draft:
        items = {item.code: item.id for item in connections.file_items(self.session, self.outside, self.file)}
        draft = Draft(
            enabled=True,
            store_hash=self.shop.hash,
            client_id=self.shop.client_id,
            client_secret=self.shop.client_secret,
            access_token=self.shop.token,
            prefix="SHO",
            shipping_item_id=items["SHIPPING"],
            discount_item_id=items["DISCOUNT"],
            notify=False,
            notification_email="",
            statuses=tuple(sorted(SYNCED_BY_DEFAULT)),
        )
        return replace(draft, **more)

    def connect(self, **more: Any) -> Connection:
        draft = self.draft(**more)
        connection = connections.save_connection(self.session, self.outside, self.file, None, draft)
        connection.start_at = connection.watermark = datetime.now(UTC) - LONG_AGO
        self.session.commit()
        return connection

    def run(self, connection: Connection, kind: RunKind = RunKind.MANUAL) -> Run:
        clock = SystemClock()
        run = request_run(self.session, connection, kind, "Alice", clock.now(), lambda *_: None)
        carry_out(self.session, self.outside, run.id, run.attempt, clock)
        self.session.refresh(run)
        return run

    def sales(self) -> list[dict[str, Any]]:
        with self.servers.saasu.lock:
            return [dict(row) for row in self.servers.saasu.files[self.file.file_id].invoices.values()]

    def shop_totals(self) -> dict[str, Decimal]:
        now = datetime.now(UTC)
        documents = [
            one.document(now) for one in self.servers.bigcommerce.shops[self.shop.hash].orders.values()
        ]
        return {
            f"BC-{self.shop.hash}-{one['id']}": Decimal(str(one["total_inc_tax"])).quantize(Decimal("0.01"))
            for one in documents
        }


@pytest.fixture
def desk(empty_database: str, empty_redis: str) -> Iterator[Desk]:
    with running("journey") as servers:
        servers.saasu.change_settings({"calls_per_second": None, "unique_numbers": False})
        app: Flask = app_for(
            empty_database,
            empty_redis,
            BIGCOMMERCE_API_URL=servers.bigcommerce_url,
            SAASU_API_URL=servers.saasu_url,
        )
        with app.app_context():
            session, outside = db.session(), Outside.of(app)
            login = next(one for one in servers.world.logins if one.two_factor_code is None)
            store = servers.world.stores[0]
            firm = make_firm(session)
            saved = files.sign_in_to_saasu(session, outside, firm.id, login.username, login.password)
            found = [one.identity for one in files.choices(session, outside, saved)]
            chosen = [one for one in found if one.file_id == store.file_id]
            (file,) = files.add_files(session, outside, saved, chosen, "Australia/Sydney")
            yield Desk(session, outside, servers, file, store)
            db.session.remove()
            db.engine.dispose()


def test_every_eligible_order_is_in_saasu_once_and_to_the_cent(desk: Desk) -> None:
    connection = desk.connect()

    run = desk.run(connection)

    totals = desk.shop_totals()
    sales = {sale["PurchaseOrderNumber"]: sale for sale in desk.sales()}
    assert run.state == "finished"
    assert run.posted == len(sales) > 5
    assert len(desk.sales()) == len(sales)
    assert {marker: Decimal(str(sale["TotalAmount"])) for marker, sale in sales.items()} == {
        marker: totals[marker] for marker in sales
    }
    assert {sale["InvoiceType"] for sale in sales.values()} == {"Sale Order"}


def test_every_order_of_the_shop_is_in_exactly_one_state_with_its_reason(desk: Desk) -> None:
    connection = desk.connect()
    desk.run(connection)

    rows = desk.session.scalars(select(Order)).all()

    assert len(rows) == len(desk.shop_totals())
    assert all(row.state in {"posted", "ignored", "failed"} for row in rows)
    assert all(row.ignored_reason for row in rows if row.state == "ignored")
    assert all(row.problems for row in rows if row.state == "failed")


def test_the_missing_item_is_named_in_the_documents_words_and_the_next_run_posts_its_order(
    desk: Desk,
) -> None:
    connection = desk.connect()
    desk.run(connection)
    (failed,) = desk.session.scalars(select(Order).where(Order.state == "failed")).all()
    sku = failed.problems[0]["subject"]
    assert failed.problems[0]["sentence"] == (
        f"Order #{failed.order_id}: Unable to find product with BigCommerce sku/code={sku}"
    )
    before = len(desk.sales())

    add_item(desk, sku)
    run = desk.run(connection)

    desk.session.refresh(failed)
    assert (run.posted, failed.state, failed.number) == (1, "posted", f"SHO{failed.order_id}")
    assert len(desk.sales()) == before + 1


def add_item(desk: Desk, code: str, **more: Any) -> None:
    import requests

    answer = requests.post(
        f"{desk.servers.saasu_url}/_control/files/{desk.file.file_id}/items",
        json={"Code": code, "Description": "Created by a person"} | more,
        timeout=10,
    )
    assert answer.ok, answer.text


def test_an_idle_run_costs_one_call_to_the_shop_and_none_to_saasu(desk: Desk) -> None:
    connection = desk.connect()
    desk.run(connection)
    (failed,) = desk.session.scalars(select(Order).where(Order.state == "failed")).all()
    add_item(desk, failed.problems[0]["subject"])
    desk.run(connection)

    idle = desk.run(connection)

    assert (idle.state, idle.posted, idle.shop_calls, idle.saasu_calls) == ("finished", 0, 1, 0)


def test_the_parts_of_a_combo_are_kept_until_the_item_changes(desk: Desk) -> None:
    desk.connect()
    books = books_for(desk.session, desk.outside, desk.file)
    jars = connections.file_items(desk.session, desk.outside, desk.file)[:2]
    add_item(desk, "HAMPER", Type="C", BuildItems=[{"Id": jar.id, "Quantity": 1} for jar in jars])
    (combo,) = [item for item in books.items() if item.code == "HAMPER"]
    mirrors.write_catalogue(desk.session, desk.file, [combo], [], datetime.now(UTC))

    read = read_parts(desk.session, books, desk.file.id, combo)

    kept = mirrors.catalogue(desk.session, desk.file.id).items
    assert (combo.parts, read.parts) == ((), tuple(jar.code for jar in jars))
    assert [item.parts for item in kept if item.parts] == [read.parts]
    gone = replace(combo, id=999_999)
    assert read_parts(desk.session, books, desk.file.id, gone) == gone
    mirrors.write_catalogue(desk.session, desk.file, [combo], [], datetime.now(UTC))
    assert not any(item.parts for item in mirrors.catalogue(desk.session, desk.file.id).items)


def test_a_reset_after_saasu_kept_the_sale_never_makes_a_second_one(desk: Desk) -> None:
    connection = desk.connect()
    fault = {"match": {"method": "POST", "path": "/Invoice"}, "fault": "reset_after", "times": 2}
    desk.servers.controls["saasu"].faults.order(fault)

    desk.run(connection)
    for order in desk.session.scalars(select(Order).where(Order.state == "unknown")).all():
        assert order.problems[0]["code"] == "OUTCOME_UNKNOWN"
    desk.run(connection)

    markers = Counter(sale["PurchaseOrderNumber"] for sale in desk.sales())
    states = Counter(desk.session.scalars(select(Order.state)).all())
    assert set(markers.values()) == {1}
    assert states["unknown"] == 0
    assert states["posted"] == len(markers)


def test_start_processing_takes_older_orders_and_posts_nothing_twice(desk: Desk) -> None:
    connection = desk.connect()
    connection.start_at = connection.watermark = datetime.now(UTC)
    desk.session.commit()
    assert desk.run(connection).posted == 0

    run = connections.start_processing(
        desk.session,
        desk.outside,
        connection,
        (datetime.now(UTC) - LONG_AGO).date(),
        "Alice",
        lambda *_: None,
    )
    carry_out(desk.session, desk.outside, run.id, run.attempt, SystemClock())
    again = desk.run(connection)

    assert run.posted > 5
    assert again.posted == 0
    assert set(Counter(sale["PurchaseOrderNumber"] for sale in desk.sales()).values()) == {1}


def test_a_wrong_token_is_refused_by_the_shop_and_saves_nothing(desk: Desk) -> None:
    found = connections.test_connection(
        desk.session, desk.outside, desk.file, None, desk.draft(access_token="wrong")
    )

    assert found.problem is not None
    assert (found.side, found.problem.code) == ("BigCommerce", "STORE_CREDENTIALS")
    assert desk.session.scalars(select(Connection)).all() == []


def test_a_right_token_finds_the_shop_and_the_file(desk: Desk) -> None:
    found = connections.test_connection(desk.session, desk.outside, desk.file, None, desk.draft())

    assert found.problem is None
    assert found.store is not None
    assert (found.store.name, found.file_name) == (desk.shop.name, desk.file.name)


def test_a_token_that_dies_fails_the_run_and_says_so_on_the_connection(desk: Desk) -> None:
    connection = desk.connect()
    connections.save_connection(
        desk.session, desk.outside, desk.file, connection, desk.draft(access_token="revoked")
    )

    run = desk.run(connection)

    assert (run.state, run.problem_code, connection.problem_code) == ("failed",) + ("STORE_CREDENTIALS",) * 2


def test_an_expired_saasu_token_is_renewed_and_the_run_goes_on(desk: Desk) -> None:
    connection = desk.connect()
    desk.file.login.access_expires_at = datetime.now(UTC) - timedelta(minutes=1)
    desk.session.commit()

    assert desk.run(connection).state == "finished"
    assert desk.file.login.token_version == 2


@pytest.mark.parametrize(
    ("mine", "other", "clash"),
    [
        ("SHO", "SHO", True),
        ("SHO", "SHO1", True),
        ("SHO", "SHOP", False),
        ("", "SHO", False),
        ("a", "A2", True),
    ],
)
def test_prefixes_that_could_make_the_same_number_are_told_apart(mine: str, other: str, clash: bool) -> None:
    assert connections.prefixes_clash(mine, other) is clash
    assert connections.prefixes_clash(other, mine) is clash


def test_a_status_ticked_later_takes_the_orders_it_left_out(desk: Desk) -> None:
    connection = desk.connect(statuses=(10,))
    before = desk.run(connection).posted

    connections.save_connection(desk.session, desk.outside, desk.file, connection, desk.draft())
    after = desk.run(connection).posted

    eligible = {row.status_id for row in desk.session.scalars(select(Order).where(Order.state == "posted"))}
    assert after > 0
    assert before + after == len(desk.sales())
    assert eligible - {10}


def test_another_firm_cannot_sync_the_same_store_into_the_same_file(desk: Desk) -> None:
    desk.connect()
    other = make_firm(desk.session, "Banksia Books")
    file = SaasuFile(
        firm_id=other.id, login_id=desk.file.login_id, file_id=desk.file.file_id, name="Same books", currency="AUD",
        created_at=datetime.now(UTC),
    )  # fmt: skip
    desk.session.add(file)
    desk.session.commit()

    with pytest.raises(connections.NotSaved, match="Another firm"):
        connections.save_connection(desk.session, desk.outside, file, None, desk.draft())


def test_a_token_with_an_invisible_character_is_not_saved(desk: Desk) -> None:
    with pytest.raises(connections.NotSaved, match="copy it once more"):
        desk.connect(access_token="sandbox\u200btoken")


def test_start_processing_takes_the_place_from_a_run_that_is_reading(desk: Desk) -> None:
    connection = desk.connect()
    clock = SystemClock()
    reading = request_run(desk.session, connection, RunKind.HOURLY, "", clock.now(), lambda *_: None)
    fence = take_lease(desk.session, reading.id, connection.id, clock)
    begun = (datetime.now(UTC) - LONG_AGO).date()

    run = connections.start_processing(
        desk.session, desk.outside, connection, begun, "Alice", lambda *_: None
    )

    assert run.id == reading.id
    assert fence is not None
    assert connection.fence > fence
    assert connection.lease_run_id is None
