"""The further choices on the connector page: offered, kept, shown again."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal import mirrors
from portal.clients.bigcommerce_store import StoreFound
from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.services import connections
from portal.services.connections import Tested
from portal.sync.rules import TaxCode
from tests.builders import item
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
CODES = (
    TaxCode(code="G1", rate=Decimal("0.1")),
    TaxCode(code="G1B", rate=Decimal("0.1")),
    TaxCode(code="G1,G3", rate=Decimal(0)),
    TaxCode(code="G1,G2", rate=Decimal(0)),
    TaxCode(code="G11", rate=Decimal("0.1"), is_sale=False),
)
SAVED: dict[str, Any] = {
    "prefix": "JT",
    "shipping_item": "1",
    "discount_item": "",
    "statuses": ["2", "11"],
    "fee_item": "3",
    "taxable_code": "G1B",
    "free_code": "G1,G2",
    "export_code": "",
    "discounts": "own",
    "whole_cent_prices": "y",
    "existing_contacts": "address only",
    "nobodys_emails": "till@example.com",
    "suggested_emails": ["shop@example.com", "till@example.com"],
}


@pytest.fixture
def address(rows: Rows, cast: Cast) -> str:
    """The page of a connection of Acacia that is off, whose file was read just now."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        shelf = [item("SHIP", 1), item("CARD FEE", 3, name="Card surcharge")]
        mirrors.write_catalogue(session, file, shelf, CODES, datetime.now(UTC))
        connection = make_connection(session, file, enabled=False)
        return f"/connections/{connection.id}"


def chosen(page: str, name: str) -> str:
    """The value that is selected in a list of the page."""
    listed = page.split(f'name="{name}"')[1].split("</select>", maxsplit=1)[0]
    return listed.split("<option selected value=")[1].split('"')[1]


def kept(rows: Rows) -> Connection:
    with rows() as session:
        return session.query(Connection).one()


def test_the_choices_are_folded_and_offer_what_fits(address: str, cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.pat).get(address).text
    assert '<details class="fold choices" id="choices">' in page
    assert "none: orders that charge a fee will need you" in page and "CARD FEE · Card surcharge" in page
    taxable = page.split('name="taxable_code"')[1].split("</select>")[0]
    assert "usual: G1" in taxable and "G1B" in taxable and "G11" not in taxable and "G1,G3" not in taxable
    free = page.split('name="free_code"')[1].split("</select>")[0]
    assert "usual: G1,G3" in free and "G1,G2" in free and "G1B" not in free
    assert "Other names of items" in page


def test_what_is_chosen_is_kept_and_shown_again(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    assert pat.post(address, data=SAVED).status_code == 302
    connection = kept(rows)
    assert (connection.fee_item_id, connection.taxable_code, connection.free_code) == (3, "G1B", "G1,G2")
    assert (connection.export_code, connection.own_discounts, connection.whole_cent_prices) == (
        "G1,G2",
        True,
        True,
    )
    assert connection.existing_contacts == "address only"
    assert connection.nobodys_emails == "till@example.com, shop@example.com"

    page = pat.get(address).text
    assert '<span class="quiet">7 set</span>' in page
    assert [chosen(page, name) for name in ("fee_item", "taxable_code", "free_code")] == ["3", "G1B", "G1,G2"]
    assert chosen(page, "discounts") == "own"
    assert chosen(page, "existing_contacts") == "address only"
    assert 'value="till@example.com, shop@example.com"' in page


def test_a_choice_that_is_wrong_opens_the_fold_and_saves_nothing(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    answer = sign_in(cast.pat).post(address, data=SAVED | {"nobodys_emails": "the shop"})
    assert answer.status_code == 422
    assert 'id="choices" open' in answer.text
    assert "“the” is no e-mail address." in answer.text
    assert kept(rows).fee_item_id is None


def test_a_code_that_is_no_longer_active_is_shown_as_such(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    with rows() as session:
        session.query(Connection).one().export_code = "EXP"
        session.commit()
    page = sign_in(cast.pat).get(f"{address}?more=1").text
    assert "EXP: not active in the file" in page
    assert 'id="choices" open' in page


def test_the_shops_own_addresses_are_offered_by_the_connection_test_until_they_are_listed(
    address: str, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StoreFound(name="Jam Tin", currency="AUD", emails=("orders@example.com", "Admin@example.com"))
    found = Tested(file_name="Jam Tin Pty Ltd", store=store)
    monkeypatch.setattr(connections, "test_connection", lambda *_: found)
    pat = sign_in(cast.pat)

    answer = pat.post(f"{address}/test", data=SAVED | {"nobodys_emails": "admin@example.com"}).text

    assert "Connection successful" in answer
    assert 'name="suggested_emails" value="orders@example.com"' in answer
    assert "Admin@example.com" not in answer


def test_a_file_that_is_not_registered_for_gst_has_no_overrides(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    with rows() as session:
        session.query(Connection).one().file.tax_registered = False
        session.commit()
    page = sign_in(cast.pat).get(address).text
    assert "not registered for GST: no tax codes are sent" in page
    assert "What the shop charged" not in page


def test_with_a_discount_item_the_page_says_that_discounts_go_there_and_nothing_of_percentages(
    address: str, cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    before = pat.get(address).text
    assert "How discounts are sent: as percentages on the lines" in before
    assert "Use net prices of whole cents" in before
    with rows() as session:
        session.query(Connection).one().discount_item_id = 3
        session.commit()

    page = pat.get(address).text

    assert "How discounts are sent: whole, on the Discount Item CARD FEE · Card surcharge" in page
    assert "as percentages on the lines" not in page
    assert "Use net prices of whole cents" not in page
