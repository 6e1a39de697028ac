"""One order as it would be posted now, with what it would do to contacts: against the sandbox's two servers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from portal.models.connections import Connection
from portal.models.mirrors import CallCount
from portal.models.orders import Order
from portal.services import connections
from portal.services.preview_orders import OrderPreview, preview_number, preview_record
from portal.services.runs import SystemClock
from portal.sync.previewing import Verdict
from portal.sync.problems import Code, Ignored, RunStopped
from tests.preview_desk import previewed, spend, writes_to_saasu
from tests.sandbox_desk import Desk

CAP = {"sku": "JY-CAP-02", "name": "Canvas Cap", "price": "27.50", "quantity": 2}
JO = {"first_name": "Jo", "last_name": "Smith", "email": "jo@example.com", "phone": "0491 570 156"}


def place(desk: Desk, **more: Any) -> int:
    """Place an order of two caps; its number."""
    url = f"{desk.servers.bigcommerce_url}/_control/stores/{desk.shop.hash}/orders"
    created = datetime.now(UTC) - timedelta(hours=2)
    spec = {"lines": [CAP], "billing": JO, "created": f"{created:%Y-%m-%dT%H:%M:%SZ}"}
    answer = requests.post(url, json={"orders": [{**spec, **more}]}, timeout=10)
    assert answer.ok, answer.text
    return int(answer.json()["ids"][0])


def shown(desk: Desk, connection: Connection, number: int) -> OrderPreview:
    found = preview_number(desk.session, desk.outside, connection, number, SystemClock())
    assert found is not None
    return found


def by_number(desk: Desk, number: int) -> Order:
    return desk.session.scalars(select(Order).where(Order.order_id == number)).one()


def test_an_order_is_shown_with_its_sale_its_bridge_and_the_contact_it_would_create(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk, customer_message="Leave it at the door")

    found = shown(desk, connection, number)

    (line,) = found.sale["lines"]
    assert found.verdict is Verdict.WOULD_POST
    assert (found.sale["number"], found.sale["notes"]) == (f"SHO{number}", "Leave it at the door")
    assert (line["item"], line["quantity"], line["price"], line["amount"]) == (
        "JY-CAP-02",
        "2",
        "27.5",
        "55.00",
    )
    assert {span["name"]: span["shop"] == span["books"] for span in found.bridge}["Total"]
    assert found.contacts.sentences == ("Would create contact Jo Smith, jo@example.com.",)
    assert (found.kept, found.order_pk) == (False, None)
    assert writes_to_saasu(desk) == Counter()
    assert desk.session.scalar(select(func.count(Order.id))) == 0


def test_a_customer_saasu_knows_is_shown_with_what_would_change(desk: Desk) -> None:
    connection = desk.connect()
    place(desk)
    desk.run(connection)
    (contact,) = (one for one in contacts_of(desk) if one["EmailAddress"] == "jo@example.com")
    number = place(desk, billing={**JO, "phone": "0491 570 157"})

    found = shown(desk, connection, number)

    assert found.contacts.sentences == (f"Would update contact {contact['Id']} (Jo Smith): phone.",)
    assert [(one.before, one.after) for one in found.contacts.changes] == [("0491 570 156", "0491 570 157")]
    assert shown(desk, connection, number - 1).contacts.sentences == (
        f"Would use contact {contact['Id']} (Jo Smith) unchanged.",
    )


def test_every_call_of_saasu_for_previews_counts_as_theirs(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk)
    calls_before = counted_calls(desk)
    asked_before = sum(desk.calls("saasu").values())

    shown(desk, connection, number)

    made = sum(desk.calls("saasu").values()) - asked_before
    assert made > 2
    assert counted_calls(desk) - calls_before == Counter(preview=made)
    previewed(desk, connection)
    more = sum(desk.calls("saasu").values()) - asked_before - made
    assert more > 0
    assert counted_calls(desk) - calls_before == Counter(preview=made + more)


def counted_calls(desk: Desk) -> Counter[str]:
    """The file's counted calls by purpose."""
    found = desk.session.execute(
        select(CallCount.purpose, CallCount.calls).where(CallCount.account == f"saasu:{desk.file.file_id}")
    )
    calls: Counter[str] = Counter()
    for purpose, count in found:
        calls[purpose] += count
    desk.session.rollback()
    return calls


def contacts_of(desk: Desk) -> list[dict[str, Any]]:
    with desk.servers.saasu.lock:
        return [dict(one) for one in desk.servers.saasu.files[desk.file.file_id].contacts.values()]


def test_a_delivery_that_no_contact_would_print_stands_in_the_notes(desk: Desk) -> None:
    connection = desk.connect()
    away = {"first_name": "Sam", "last_name": "Other", "street_1": "5 Far Lane", "city": "Hobart"}
    number = place(desk, destinations=[{"address": away}, {"address": {**away, "street_1": "6 Far Lane"}}])

    found = shown(desk, connection, number)

    assert found.contacts.sentences[1] == "Would create contact Sam Other as the receiver."
    assert "Also deliver to: Sam Other, 6 Far Lane" in found.sale["notes"]


def test_an_order_that_the_shop_does_not_have_is_none(desk: Desk) -> None:
    assert preview_number(desk.session, desk.outside, desk.connect(), 999_999, SystemClock()) is None


def test_an_order_of_the_ledger_is_shown_from_what_was_kept_without_a_call_to_the_shop(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk, lines=[{**CAP, "sku": "JY-UNKNOWN"}])
    desk.run(connection)
    before = desk.calls("bigcommerce")

    found = preview_record(desk.session, desk.outside, by_number(desk, number), SystemClock())
    desk.add_item("JY-UNKNOWN")
    later = preview_record(desk.session, desk.outside, by_number(desk, number), SystemClock())

    assert desk.calls("bigcommerce") == before
    assert found is not None and later is not None
    assert (found.kept, found.order_pk) == (True, by_number(desk, number).id)
    assert [one.code for one in found.problems] == [Code.ITEM_NOT_FOUND]
    assert (found.sale, found.contacts.sentences) == ({}, ())
    assert later.verdict is Verdict.WOULD_POST
    assert by_number(desk, number).state == "failed"


def test_an_order_of_which_nothing_was_kept_is_fetched(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk, status_id=5)
    desk.run(connection)
    order = by_number(desk, number)
    assert order.document is None

    found = preview_record(desk.session, desk.outside, order, SystemClock())

    assert found is not None
    assert (found.verdict, found.tally.ignored, found.kept) == (Verdict.IGNORED, Ignored.STATUS, False)
    assert found.sale["number"] == f"SHO{number}"


def test_a_posted_order_is_shown_as_it_would_be_posted_now_and_stays_posted(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk)
    desk.run(connection)
    sales = len(desk.sales())

    found = shown(desk, connection, number)

    assert found.verdict is Verdict.POSTED
    assert sum(Decimal(line["amount"]) for line in found.sale["lines"]) == found.tally.total
    assert len(desk.sales()) == sales


def test_before_a_connection_is_enabled_no_order_is_too_old(desk: Desk) -> None:
    draft = desk.draft(enabled=False)
    connection = connections.save_connection(desk.session, desk.outside, desk.file, None, draft)
    number = place(desk)
    assert shown(desk, connection, number).verdict is Verdict.WOULD_POST

    connection.start_at = datetime.now(UTC)
    desk.session.commit()

    assert shown(desk, connection, number).tally.ignored is Ignored.BEFORE_START


def break_saasu(desk: Desk, path: str) -> None:
    desk.servers.controls["saasu"].faults.order(
        {"match": {"method": "GET", "path": path}, "fault": "error_before", "status": 503, "times": 1000}
    )


def test_while_saasu_does_not_answer_the_order_is_shown_without_its_contacts(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk)
    break_saasu(desk, "/Contacts")

    found = shown(desk, connection, number)

    assert found.verdict is Verdict.WOULD_POST
    assert found.contacts.problem is not None
    assert (found.contacts.problem.code, found.contacts.sentences) == (Code.SAASU_UNREACHABLE, ())


def test_while_saasu_does_not_answer_its_items_are_as_they_were_last_read(desk: Desk) -> None:
    connection = desk.connect()
    number = place(desk)
    break_saasu(desk, "/Items")
    assert shown(desk, connection, number).verdict is Verdict.WOULD_POST

    desk.file.items_read_to = None
    desk.session.commit()

    with pytest.raises(RunStopped) as stopped:
        preview_number(desk.session, desk.outside, connection, number, SystemClock())
    assert stopped.value.problem.code is Code.SAASU_UNREACHABLE


def test_while_the_days_calls_are_used_up_the_order_is_shown_with_the_items_last_read_and_asks_saasu_nothing(
    desk: Desk,
) -> None:
    connection = desk.connect()
    number = place(desk)
    shown(desk, connection, number)
    spend(desk, 80)
    before = sum(desk.calls("saasu").values())

    found = shown(desk, connection, number)

    assert found.verdict is Verdict.WOULD_POST
    assert found.contacts.problem is not None
    assert found.contacts.problem.code is Code.SAASU_QUOTA
    assert "Saasu calls of the day" in found.contacts.problem.sentence
    assert sum(desk.calls("saasu").values()) == before


def test_a_shop_that_refuses_the_token_is_told_as_a_problem(desk: Desk) -> None:
    connection = desk.connect(access_token="revoked")

    with pytest.raises(RunStopped) as stopped:
        preview_number(desk.session, desk.outside, connection, 100, SystemClock())
    assert stopped.value.problem.code is Code.STORE_CREDENTIALS


@pytest.mark.parametrize(("part_of_it", "codes"), [(False, ["HAMPER", "JY-CAP-02"]), (True, ["HAMPER"])])
def test_the_parts_of_a_combo_are_read_for_one_order_alone(
    desk: Desk, part_of_it: bool, codes: list[str]
) -> None:
    connection = desk.connect()
    shelf = connections.file_items(desk.session, desk.outside, desk.file)
    (part,) = [item for item in shelf if item.code == ("JY-CAP-02" if part_of_it else "SHIPPING")]
    desk.add_item("HAMPER", Type="C", BuildItems=[{"Id": part.id, "Quantity": 1}])
    hamper = {"sku": "HAMPER", "name": "Hamper", "price": "80.00", "children": [["JY-CAP-02", "Cap", 1]]}
    number = place(desk, lines=[hamper])

    found = shown(desk, connection, number)

    assert [line["item"] for line in found.sale["lines"]] == codes
    assert any("Cap" in note for note in found.notes) is part_of_it
    desk.run(connection)
    (posted,) = [one for one in desk.sales() if one["PurchaseOrderNumber"].endswith(f"-{number}")]
    assert len(posted["LineItems"]) == len(codes)
    again = preview_record(desk.session, desk.outside, by_number(desk, number), SystemClock())
    assert again is not None
    assert [line["item"] for line in again.sale["lines"]] == codes
