"""A connection's further choices are kept, counted, and become its rules."""

from decimal import Decimal

import msgspec
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal import mirrors
from portal.models.connections import Connection
from portal.services import choices
from portal.services.choices import Choices, Seen, emails_in, faults_of_choices, keep_choices
from portal.services.remotes import Outside, firm_vault, seal_for
from portal.services.syncing import rules_of
from portal.sync.orders import Address
from portal.sync.rules import Existing, TaxCode
from tests.builders import address, order
from tests.factories import NOON, make_connection, make_file, make_firm, make_order


@pytest.fixture
def connection(session: Session) -> Connection:
    return make_connection(session, make_file(session, make_firm(session)))


@pytest.fixture
def outside(app: Flask) -> Outside:
    return Outside.of(app)


def test_a_connection_without_choices_follows_the_document(connection: Connection) -> None:
    rules = rules_of(connection, NOON)
    assert (rules.fee_item, rules.taxable_code, rules.free_code, rules.export_code) == (
        None,
        "G1",
        "G1,G3",
        "G1,G2",
    )
    assert (rules.own_discounts, rules.whole_cent_prices) == (False, False)
    assert (rules.existing_contacts, rules.nobodys_emails) == (Existing.AS_DOCUMENTED, ())
    assert choices.choices_made(connection) == 0


def test_every_choice_becomes_a_rule_and_is_counted(connection: Connection) -> None:
    keep_choices(
        connection,
        Choices(
            fee_item_id=9,
            taxable_code="GST",
            free_code="FRE",
            export_code="EXP",
            own_discounts=True,
            whole_cent_prices=True,
            existing_contacts=Existing.ADDRESS_ONLY,
            nobodys_emails=("till@example.com", "shop@example.com"),
        ),
    )
    rules = rules_of(connection, NOON)
    assert (rules.fee_item, rules.taxable_code, rules.free_code, rules.export_code) == (
        9,
        "GST",
        "FRE",
        "EXP",
    )
    assert (rules.own_discounts, rules.whole_cent_prices) == (True, True)
    assert rules.existing_contacts is Existing.ADDRESS_ONLY
    assert rules.nobodys_emails == ("till@example.com", "shop@example.com")
    assert choices.choices_made(connection) == 8


def test_blank_codes_take_the_usual_ones_again(connection: Connection) -> None:
    keep_choices(connection, Choices(taxable_code="GST", free_code="FRE", export_code="EXP"))
    keep_choices(connection, Choices())
    assert (connection.taxable_code, connection.free_code, connection.export_code) == ("G1", "G1,G3", "G1,G2")


def test_a_list_of_emails_is_read_however_it_is_separated() -> None:
    assert emails_in(" a@example.com,B@example.com; c@example.com\nA@example.com ") == (
        "A@example.com",
        "B@example.com",
        "c@example.com",
    )
    assert emails_in(" ,; ") == ()


def test_what_is_no_address_or_too_much_is_told() -> None:
    assert faults_of_choices(Choices(nobodys_emails=("a@example.com",))) == {}
    assert faults_of_choices(Choices(nobodys_emails=("a@example.com", "shop"))) == {
        "nobodys_emails": "“shop” is no e-mail address."
    }
    many = tuple(f"{number:03}@example.com" for number in range(100))
    assert "too long" in faults_of_choices(Choices(nobodys_emails=many))["nobodys_emails"]


def test_only_active_sale_codes_of_ten_per_cent_or_none_are_offered(
    session: Session, connection: Connection
) -> None:
    codes = [
        TaxCode(code="G1", rate=Decimal("0.1")),
        TaxCode(code="G1,G3", rate=Decimal(0)),
        TaxCode(code="G11", rate=Decimal("0.1"), is_sale=False),
        TaxCode(code="OLD", rate=Decimal("0.1"), is_active=False),
        TaxCode(code="W1", rate=Decimal("0.46")),
    ]
    mirrors.write_catalogue(session, connection.file, [], codes, NOON)
    session.commit()
    assert [code.code for code in choices.sale_codes(session, connection.file)] == ["G1", "G1,G3"]


def billed(email: str, *names: str) -> list[Address]:
    return [address(email=email, first_name=name, last_name="Example") for name in names]


def test_an_email_seen_with_three_names_is_suggested_those_with_most_names_first() -> None:
    seen = [
        *billed("till@example.com", "Kim", "Robin", "Sam", "kim "),
        *billed("Shop@example.com ", "Kim", "Robin", "Sam", "Alex"),
        *billed("two@example.com", "Kim", "Robin"),
        *billed("listed@example.com", "Kim", "Robin", "Sam"),
        *billed("none", "Kim", "Robin", "Sam"),
        *(address(email="nameless@example.com", first_name="", last_name="", city=str(n)) for n in range(4)),
    ]
    assert choices.seen_with_several_names(seen, ["LISTED@example.com"]) == (
        Seen("shop@example.com", 4),
        Seen("till@example.com", 3),
    )


def test_the_suggestions_come_from_the_orders_that_are_kept(
    session: Session, connection: Connection, outside: Outside
) -> None:
    seal = seal_for(firm_vault(session, outside.vault, connection.firm_id))
    for number, one in enumerate(billed("till@example.com", "Kim", "Robin", "Sam"), 120):
        row = make_order(session, connection, number)
        row.document = seal.seal(
            row.id, "document", msgspec.json.encode(order(billing=one, id=number)).decode()
        )
    spoilt, _without = make_order(session, connection, 200), make_order(session, connection, 201)
    spoilt.document = seal.seal(spoilt.id, "document", "{}")
    session.commit()

    assert choices.suggested_emails(session, outside, connection) == (Seen("till@example.com", 3),)
    connection.nobodys_emails = "Till@example.com"
    assert choices.suggested_emails(session, outside, connection) == ()
