"""Whole runs against the sandbox's two servers, by the use cases alone: no worker, no browser."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal import mirrors
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.services import connections
from portal.services.remotes import books_for
from portal.services.syncing import read_parts
from tests.factories import make_firm
from tests.sandbox_desk import Desk


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

    desk.add_item(sku)
    run = desk.run(connection)

    desk.session.refresh(failed)
    assert (run.posted, failed.state, failed.number) == (1, "posted", f"SHO{failed.order_id}")
    assert len(desk.sales()) == before + 1


def test_nothing_is_ever_written_to_the_shop(desk: Desk) -> None:
    connection = desk.connect()
    desk.run(connection)
    asked = desk.calls("bigcommerce")
    assert sum(asked.values()) >= 1
    assert {endpoint.split()[0] for endpoint in asked} == {"GET"}


def test_an_idle_run_costs_one_call_to_the_shop_and_none_to_saasu(desk: Desk) -> None:
    connection = desk.connect()
    desk.run(connection)
    (failed,) = desk.session.scalars(select(Order).where(Order.state == "failed")).all()
    desk.add_item(failed.problems[0]["subject"])
    desk.run(connection)

    idle = desk.run(connection)

    assert (idle.state, idle.posted, idle.shop_calls, idle.saasu_calls) == ("finished", 0, 1, 0)


def test_the_parts_of_a_combo_are_kept_until_the_item_changes(desk: Desk) -> None:
    desk.connect()
    books = books_for(desk.session, desk.outside, desk.file)
    jars = connections.file_items(desk.session, desk.outside, desk.file)[:2]
    desk.add_item("HAMPER", Type="C", BuildItems=[{"Id": jar.id, "Quantity": 1} for jar in jars])
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


def test_a_saved_token_that_the_shop_refuses_is_told_at_once(desk: Desk) -> None:
    connection = desk.connect()
    assert connections.refused_by_shop(desk.session, desk.outside, connection) is None

    connections.save_connection(
        desk.session, desk.outside, desk.file, connection, desk.draft(access_token="revoked")
    )
    problem = connections.refused_by_shop(desk.session, desk.outside, connection)

    assert problem is not None
    assert problem.code == "STORE_CREDENTIALS"
    connection.access_token = None
    assert connections.refused_by_shop(desk.session, desk.outside, connection) is None


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
