"""An upgrade lets orders be looked at whose number stands on a sale that was never compared with them."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from portal.database import db
from portal.models.orders import Order
from tests.factories import NOON, make_connection, make_file, make_firm, make_order


def test_those_that_nobody_dealt_with_are_looked_at_and_no_other(app: Flask) -> None:
    upgrade()
    session = db.session()
    connection = make_connection(session, make_file(session, make_firm(session)))
    for number, state, values in (
        (100, "exists", {}),
        (101, "exists", {"dealt_with_at": NOON}),
        (102, "posted", {}),
        (103, "failed", {}),
    ):
        make_order(session, connection, number, state, **values)
    session.close()

    downgrade(revision="0015")
    upgrade()

    looked = select(Order.order_id).where(Order.look_once)
    assert list(session.scalars(looked)) == [100]


def test_those_of_whose_sale_nothing_is_asked_are_nobodys_turn_any_more(app: Flask) -> None:
    upgrade()
    session = db.session()
    connection = make_connection(session, make_file(session, make_firm(session)))
    for number, state, asks in ((100, "exists", True), (101, "exists", False), (102, "failed", False)):
        make_order(session, connection, number, state, turn="you", look_once=asks)
    session.close()

    downgrade(revision="0016")
    upgrade()

    yours = select(Order.order_id).where(Order.turn == "you").order_by(Order.order_id)
    assert list(session.scalars(yours)) == [100, 102]
