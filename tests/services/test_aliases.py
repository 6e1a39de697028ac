"""A missing SKU is named once, and every order that waits for it is decided again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import mirrors
from portal.models.connections import Connection, ItemAlias, SaasuFile
from portal.models.orders import Attempt, Order
from portal.models.runs import Run
from portal.services import aliases
from portal.services.aliases import NotNamed
from portal.services.syncing import rules_of
from portal.sync.problems import Code, about_order, item_not_found
from tests.builders import item
from tests.factories import NOON, make_connection, make_file, make_firm, make_order


def problem_rows(order_id: int, *skus: str) -> list[dict[str, str]]:
    found = [item_not_found(order_id, sku) for sku in skus]
    return [{"code": str(one.code), "sentence": one.sentence, "subject": one.subject} for one in found]


def waiting(session: Session, connection: Connection, order_id: int, *skus: str, **more: Any) -> Order:
    values: dict[str, Any] = {"turn": "you", "document": b"sealed", "problems": problem_rows(order_id, *skus)}
    return make_order(session, connection, order_id, "failed", **(values | more))


@pytest.fixture
def file(session: Session) -> SaasuFile:
    file = make_file(session, make_firm(session))
    shelf = [
        item("SH-HOODIE-RED", 1, name="Hoodie, red"),
        item("MUG", 2),
        item("OLD", 3, is_active=False),
    ]
    mirrors.write_catalogue(session, file, shelf, [], NOON)
    session.commit()
    return file


@pytest.fixture
def connection(session: Session, file: SaasuFile) -> Connection:
    return make_connection(session, file)


def named(session: Session, file: SaasuFile, sku: str, code: str = "SH-HOODIE-RED") -> tuple[int, list[Run]]:
    return aliases.name_item(session, file, sku, code, "Pat", NOON + timedelta(hours=1), lambda *_: None)


def test_an_order_shows_each_missing_sku_with_its_likely_item_and_who_else_waits(
    session: Session, connection: Connection
) -> None:
    order = waiting(session, connection, 120, "sh hoodie red", "cup", "sh hoodie red")
    waiting(session, connection, 121, "SH HOODIE RED ", document=None)
    make_order(session, connection, 122, "posted", problems=problem_rows(122, "cup"))

    hoodie, cup = aliases.missing_items(session, order)

    assert hoodie.likely is not None
    assert (hoodie.sku, hoodie.likely.item.code, hoodie.waiting, str(hoodie.dollars)) == (
        "sh hoodie red",
        "SH-HOODIE-RED",
        2,
        "22.00",
    )
    assert (cup.sku, cup.likely, cup.waiting) == ("cup", None, 1)


def test_an_order_that_fails_for_something_else_or_not_at_all_has_no_missing_item(
    session: Session, connection: Connection
) -> None:
    other = about_order(Code.ITEM_UNUSABLE, 120, "the Saasu item MUG is inactive", "MUG")
    rows = [{"code": str(other.code), "sentence": other.sentence, "subject": other.subject}]
    unusable = waiting(session, connection, 120, problems=rows)
    posted = make_order(session, connection, 121, "posted", problems=problem_rows(121, "cup"))

    assert aliases.missing_items(session, unusable) == ()
    assert aliases.missing_items(session, posted) == ()
    assert aliases.missing_in(session, connection.file) == ()


@pytest.mark.parametrize(
    ("sku", "there", "to_name"),
    [("MUG", "MUG", None), ("mug ", "MUG", None), ("OLD", "", None), ("sh hoodie red", "", "SH-HOODIE-RED"), ("cup", "", None)],
)  # fmt: skip
def test_a_sku_whose_item_is_in_the_file_by_now_needs_no_name(
    session: Session, file: SaasuFile, connection: Connection, sku: str, there: str, to_name: str | None
) -> None:
    order = waiting(session, connection, 120, sku)

    (one,) = aliases.missing_items(session, order)

    likely = one.likely_to_name
    assert (one.there, likely.item.code if likely else None) == (there, to_name)
    file.aliases.append(
        ItemAlias(firm_id=file.firm_id, sku=sku, item_code="OLD", created_at=NOON, created_by="Pat")
    )
    assert aliases.missing_items(session, order)[0].there == ""


def test_the_skus_of_a_file_come_with_most_orders_first(session: Session, connection: Connection) -> None:
    waiting(session, connection, 120, "zip", "cup")
    waiting(session, connection, 121, "Zip ")
    waiting(session, connection, 122, "bag")

    assert [(one.sku, one.waiting) for one in aliases.missing_in(session, connection.file)] == [
        ("zip", 2),
        ("bag", 1),
        ("cup", 1),
    ]


def test_naming_an_item_keeps_it_for_the_file_and_decides_every_waiting_order_again(
    session: Session, file: SaasuFile, connection: Connection
) -> None:
    other = make_connection(session, file, "second")
    first = waiting(session, connection, 120, "sh hoodie red", retry_at=NOON + timedelta(days=1), refusals=2)
    second = waiting(session, other, 7, "SH HOODIE RED", document=None)
    unconcerned = waiting(session, connection, 121, "cup", retry_at=NOON + timedelta(days=1))

    count, runs = named(session, file, " sh hoodie red ")

    assert count == 2
    assert {run.connection_id for run in runs} == {connection.id, other.id}
    assert {(run.kind, run.actor) for run in runs} == {("retry", "Pat")}
    assert rules_of(connection, NOON).aliases == {"sh hoodie red": "SH-HOODIE-RED"}
    assert rules_of(other, NOON).aliases == {"sh hoodie red": "SH-HOODIE-RED"}
    for row in (first, second, unconcerned):
        session.refresh(row)
    assert (first.state, first.retry_at, first.refusals, first.asked) == ("failed", None, 0, True)
    assert (second.state, second.asked) == ("seen", True)
    assert (unconcerned.retry_at, unconcerned.asked) == (NOON + timedelta(days=1), False)
    lines = session.scalars(select(Attempt).order_by(Attempt.id)).all()
    assert {(line.order_pk, line.actor, line.note) for line in lines} == {
        (row.id, "Pat", "sh hoodie red is the item SH-HOODIE-RED from now on.") for row in (first, second)
    }


def test_an_order_that_is_not_decided_again_yet_shows_the_item_that_was_named(
    session: Session, file: SaasuFile, connection: Connection
) -> None:
    order = waiting(session, connection, 120, "sh hoodie red", "cup")
    named(session, file, "SH Hoodie red")
    session.refresh(order)

    hoodie, cup = aliases.missing_items(session, order)

    assert (hoodie.named, cup.named) == ("SH-HOODIE-RED", "")
    mirrors.write_catalogue(session, file, [item("SH-HOODIE-RED", 1, is_sold=False)], [], NOON)
    assert aliases.missing_items(session, order)[0].named == ""


def test_orders_of_a_paused_connection_wait_until_it_goes_on(
    session: Session, file: SaasuFile, connection: Connection
) -> None:
    paused = make_connection(session, file, "second", enabled=False)
    waiting(session, paused, 7, "cup")

    assert named(session, file, "cup", "MUG") == (0, [])
    assert rules_of(paused, NOON).aliases == {"cup": "MUG"}
    assert session.scalars(select(Run)).all() == []


def test_another_files_orders_are_not_touched(
    session: Session, file: SaasuFile, connection: Connection
) -> None:
    elsewhere = make_connection(session, make_file(session, make_firm(session, "Banksia Books")))
    order = waiting(session, elsewhere, 120, "cup", retry_at=NOON)

    assert named(session, file, "cup", "MUG") == (0, [])

    session.refresh(order)
    assert order.retry_at == NOON
    assert rules_of(elsewhere, NOON).aliases == {}


def test_a_sku_has_one_item_and_the_last_named_counts(session: Session, file: SaasuFile) -> None:
    named(session, file, "cup", "MUG")
    named(session, file, "CUP ", "SH-HOODIE-RED")

    [alias] = session.scalars(select(ItemAlias)).all()
    assert (alias.sku, alias.item_code, alias.created_by) == ("cup", "SH-HOODIE-RED", "Pat")


@pytest.mark.parametrize(
    ("sku", "code", "words"),
    [
        ("  ", "MUG", "Give the SKU"),
        ("x" * 501, "MUG", "Give the SKU"),
        ("cup", "GONE", "Choose an item of the file"),
        ("cup", "OLD", "OLD is inactive in Saasu"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    session: Session, file: SaasuFile, sku: str, code: str, words: str
) -> None:
    with pytest.raises(NotNamed, match=words):
        named(session, file, sku, code)
    assert session.scalars(select(ItemAlias)).all() == []


def test_a_name_that_is_taken_away_is_gone(session: Session, file: SaasuFile, connection: Connection) -> None:
    named(session, file, "cup", "MUG")
    [kept] = file.aliases
    assert aliases.alias_of(session, file, kept.id) is kept

    aliases.forget_alias(session, file, kept)

    assert session.scalars(select(ItemAlias)).all() == []
    assert rules_of(connection, NOON).aliases == {}
    assert aliases.alias_of(session, make_file(session, make_firm(session, "Banksia")), kept.id) is None
