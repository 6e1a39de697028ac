"""Names and addresses that stood in clear are taken out of the rows by the migration that seals them."""

from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from portal.database import db
from portal.models.orders import Attempt, Order
from tests.factories import NOON, make_connection, make_file, make_firm, make_order

BEFORE = "0008"
WHAT = [
    "Status changed from Shipped to Completed",
    "2 × Hoodie, Billed to order became 1 × Hoodie, Billed to order",
    "The e-mail was robin@example.com and is now kim@example.org",
    "Billed to Kim Example, 2 Low Street, before to Robin Example, 1 High Street",
    "Delivered to nobody, before to Robin Example, 1 High Street",
]
NOTES = [
    "Contact 7 was renamed from “Robin” to “Kim”.",
    "3 contacts have the e-mail robin@example.com: contact 5 was used.",
    "2 contacts are called Robin Example: contact 8 was used as the receiver.",
    "Contact 7 was inactive in Saasu and was set active.",
]
BARE = [
    *WHAT[:2],
    "The e-mail is another one",
    "Billed to another name or address",
    "Delivered to another name or address",
]


@pytest.fixture
def before(app: Flask) -> None:
    """An order that was posted and then changed, as the version before wrote it, and one with nothing to say."""
    upgrade()
    session = db.session()
    connection = make_connection(session, make_file(session, make_firm(session)))
    changes = {
        "at": NOON.isoformat(),
        "what": WHAT,
        "means": ["It names the former address."],
        "opened": True,
    }
    order = make_order(session, connection, 100, "posted", changes=changes, notes=NOTES, look_once=True)
    make_order(session, connection, 101, "posted", document=b"sealed")
    make_order(session, connection, 102, "posted", notes=NOTES[:1], look_once=True)
    for note in (f"Changed in the shop: {'; '.join(WHAT)}.", f"Changed in the shop: {WHAT[3]}.", "Asked."):
        session.add(Attempt(firm_id=order.firm_id, order_pk=order.id, at=NOON, state="posted", note=note))
    session.commit()
    session.close()
    downgrade(revision=BEFORE)


def row(number: int) -> Order:
    return db.session().scalars(select(Order).where(Order.order_id == number)).one()


def test_what_was_said_in_clear_keeps_its_bare_words(before: None) -> None:
    upgrade()

    changed: dict[str, Any] = row(100).changes or {}
    assert (changed["what"], changed["means"], changed["opened"], changed["at"]) == (
        BARE,
        ["It names the former address."],
        True,
        NOON.isoformat(),
    )
    assert row(100).notes == [
        "Contact 7 was renamed.",
        "3 contacts have the order’s e-mail: contact 5 was used.",
        "2 contacts have the receiver’s name: contact 8 was used as the receiver.",
        NOTES[3],
    ]
    assert (row(100).in_full, row(100).look_once) == (None, True)
    assert (row(101).changes, row(101).notes, row(101).document) == (None, [], b"sealed")


def test_an_order_that_did_not_change_has_no_changes_afterwards_either(before: None) -> None:
    upgrade()

    unchanged = select(Order.order_id).where(Order.changes.is_(None)).order_by(Order.order_id)
    assert list(db.session().scalars(unchanged)) == [101, 102]
    assert row(102).notes == ["Contact 7 was renamed."]


def test_the_history_keeps_what_names_nobody(before: None) -> None:
    upgrade()

    assert list(db.session().scalars(select(Attempt.note).order_by(Attempt.id))) == [
        f"Changed in the shop: {WHAT[0]}; {WHAT[1]}; Another e-mail, name or address.",
        "Changed in the shop: Another e-mail, name or address.",
        "Asked.",
    ]


def test_the_way_back_leaves_the_rows_as_they_are(before: None) -> None:
    upgrade()
    downgrade(revision=BEFORE)
    upgrade()

    assert (row(100).changes or {})["what"] == BARE
