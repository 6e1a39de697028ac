"""The page of an order whose number stands on a sale in Saasu that we did not write: beside that sale, as far as Saasu told of it."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.models.orders import Attempt
from tests.cast import Cast, Member
from tests.factories import NOON, make_order
from tests.web.conftest import Rows
from tests.web.order_pages import AT, CANCELLED, at_acacia, chips, words_of

SignIn = Callable[[Member], FlaskClient]
EXISTS = {
    "code": "INVOICE_EXISTS",
    "sentence": "Order #100: Invoice with number JT100 already exists.",
    "subject": "JT100",
}
ACTS = [">It is this order<", ">Retry this order<", ">Ignore this order…<"]
SPANS = [{"name": "Total", "shop": "11.00", "books": "11.00", "words": ""}]
BOTH = [*SPANS, {"name": "GST", "shop": "1.00", "books": "1.00", "words": "1.00 = 1/11 of 11.00"}]


def test_an_order_that_saasu_had_already_keeps_its_word(order_page: Callable[..., str]) -> None:
    page = order_page(state="exists", changes=CANCELLED, look_once=True)

    assert chips(page) == ["exists"]
    assert "Changed in the shop since a sale with its number was found" in page
    assert "found in Saasu" not in page
    assert "I have dealt with it" in page


def test_a_sale_of_somebody_else_is_named_and_never_looks_compared(order_page: Callable[..., str]) -> None:
    changes = {"at": AT, "what": ["Status changed from Shipped to Completed"], "means": []}
    page = order_page(
        state="exists", number="", bridge=SPANS, problems=[EXISTS], changes=changes, look_once=True,
        turn="you", books_total=None, books_tax=None,
    )  # fmt: skip

    assert (
        "Saasu has a sale with the number <b>JT100</b> that we did not write. What it comes to was not read, so it was not compared "
        "with this order." in page
    )
    assert (
        "<strong>Your turn.</strong> Press Retry: Saasu is asked for that sale, and it is shown beside this order."
        in page
    )
    assert chips(page) == ["needs_you"]
    assert [word for word in ACTS if word in page] == ACTS
    assert "I have dealt with it" not in page
    assert "Nothing to do in Saasu." not in page
    assert "These changes ask nothing more of you in Saasu." in page


def compared(page: str) -> str:
    """The words of the table in which an order stands beside somebody else's sale."""
    table = page.partition('<table class="ledger sums">')[2].partition("</table>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", table).split())


@pytest.mark.parametrize(
    ("told", "table"),
    [
        ((None, None), "Component BigCommerce Total $11.00 of which GST $1.00"),
        (
            ("11.00", None),
            "Component BigCommerce That sale Difference Total $11.00 $11.00 $0.00 of which GST $1.00 – –",
        ),
        (
            ("10.00", "0.91"),
            "Component BigCommerce That sale Difference Total $11.00 $10.00 −$1.00 of which GST $1.00 $0.91 −$0.09",
        ),
    ],
)
def test_an_order_stands_beside_somebody_elses_sale_only_as_far_as_saasu_told_of_it(
    order_page: Callable[..., str], told: tuple[str | None, str | None], table: str
) -> None:
    total, tax = (Decimal(one) if one else None for one in told)

    page = order_page(
        state="exists", bridge=BOTH, problems=[EXISTS], look_once=True, books_total=total, books_tax=tax
    )

    assert compared(page) == table
    assert "As it would be posted" not in page and "1/11" not in page


def test_an_order_that_was_never_mapped_has_the_total_alone_to_compare(
    order_page: Callable[..., str],
) -> None:
    page = order_page(
        state="exists", problems=[EXISTS], look_once=True, turn="you", books_total=Decimal("12.50")
    )

    assert compared(page) == "Component BigCommerce That sale Difference Total $11.00 $12.50 $1.50"
    assert "It comes to $12.50 with GST $1.00, not the same as this order." in page
    assert (
        "<strong>Your turn.</strong> If this sale is of this order, press It is this order. Otherwise give that sale another number in "
        "Saasu, then Retry." in page
    )
    assert [word for word in ACTS if word in page] == ACTS


def test_changes_and_the_question_are_closed_by_one_button_that_says_both(
    order_page: Callable[..., str],
) -> None:
    page = order_page(state="exists", problems=[EXISTS], look_once=True, turn="you", changes=CANCELLED)

    assert ">It is this order, and I have dealt with its changes<" in page
    assert ">I have dealt with it<" not in page


def test_nothing_is_said_of_changes_where_none_is_shown(order_page: Callable[..., str]) -> None:
    changes = {"at": AT, "what": [], "means": []}

    page = order_page(state="exists", problems=[EXISTS], look_once=True, turn="you", changes=changes)

    assert "These changes ask nothing more of you in Saasu." not in page


def test_the_page_names_the_transaction_of_the_sale_that_has_the_number(
    rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    with at_acacia(rows, cast) as (session, connection):
        order = make_order(session, connection, 100, "exists", look_once=True, turn="you", problems=[EXISTS])
        lines: list[dict[str, Any]] = [{"problems": [EXISTS], "sale_there": 4711}, {"problems": []}]
        for details in lines:
            order.attempts.append(
                Attempt(firm_id=order.firm_id, at=NOON, actor="", state="exists", note="", details=details)
            )
        session.commit()
        address = f"/orders/{order.id}"
    client = sign_in(cast.pat)

    assert "with the number <b>JT100</b> (transaction 4711) that we did not write." in words_of(
        client.get(address).text
    )

    client.post(f"{address}/dealt-with", data={"seen": ""})
    page = words_of(client.get(address).text)
    assert "Said to be this order by Pat Paperbark" in page
    assert chips(page) == ["exists"] and not [word for word in ACTS if word in page and "Retry" not in word]


def test_a_sale_of_somebody_else_that_comes_to_the_same_asks_for_nothing(
    order_page: Callable[..., str],
) -> None:
    page = order_page(state="exists", problems=[EXISTS], bridge=BOTH)

    assert "It comes to $11.00 with GST $1.00, the same as this order: nothing is asked of you." in page
    assert "Order #100: Invoice with number JT100 already exists." in page
    assert "Your turn." not in page and "I have dealt with it" not in page


def test_an_order_whose_number_somebody_elses_sale_has_needs_somebody_on_the_board_and_in_the_list(
    rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    with at_acacia(rows, cast) as (session, connection):
        make_order(session, connection, 100, "exists", look_once=True, turn="you", problems=[EXISTS])
        make_order(session, connection, 101, "exists", problems=[EXISTS])
        make_order(session, connection, 102, "exists", look_once=True, changes=CANCELLED)
    client = sign_in(cast.pat)

    assert "1 to look at" in words_of(client.get("/").text)
    listed = words_of(client.get("/orders?state=needs_you").text)
    assert ">#100</a>" in listed and ">#101</a>" not in listed and ">#102</a>" not in listed
    assert "Order #100: Invoice with number JT100 already exists." in listed
    looked = words_of(client.get("/orders?state=posted_look").text)
    assert ">#102</a>" in looked and ">#100</a>" not in looked
