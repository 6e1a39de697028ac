"""The pages of orders that are in Saasu: what was read back, what changed in the shop, and the button that closes it."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.models.connections import Connection
from portal.models.orders import LineShape, Order
from portal.models.runs import Run
from portal.services.remotes import firm_vault
from portal.sync.shapes import WORDS
from portal.vault import Vault
from tests.cast import Cast, Member
from tests.factories import NOON, RING, make_order
from tests.web.conftest import Rows
from tests.web.order_pages import AT, CANCELLED, at_acacia, chips, words_of

SignIn = Callable[[Member], FlaskClient]
DIFFERS = {
    "code": "POSTED_TOTAL_DIFFERS",
    "sentence": "Order #100: Saasu shows $10.99 with GST $1.00 for JT100; it should be $11.00 with GST $1.00",
    "subject": "JT100",
}


def test_an_order_read_back_says_what_saasu_has(order_page: Callable[..., str]) -> None:
    page = order_page()

    assert "Read back from Saasu" in page
    assert "total $11.00, GST $1.00: the same." in page
    assert chips(page) == ["posted"]
    assert "I have dealt with it" not in page


def test_gst_that_saasu_does_not_tell_is_left_out(order_page: Callable[..., str]) -> None:
    assert "total $11.00: the same." in order_page(books_tax=None)
    assert "its total is not told there." in order_page(books_total=None, books_tax=None)


@pytest.mark.parametrize(("tries", "said"), [(0, True), (2, True), (3, False)])
def test_an_order_that_waits_to_be_read_back_says_so(
    order_page: Callable[..., str], tries: int, said: bool
) -> None:
    page = order_page(read_back_at=None, books_total=None, books_tax=None, read_tries=tries)

    assert ("Not read back from Saasu yet: the next run that posts does it." in page) is said
    assert "the same" not in page


def test_a_total_that_differs_names_both_figures_and_asks_for_a_look(order_page: Callable[..., str]) -> None:
    page = order_page(books_total=Decimal("10.99"), look_once=True, turn="you", problems=[DIFFERS])

    assert "total $10.99, GST $1.00: not as it should be." in page
    assert DIFFERS["sentence"] in page
    assert "Your turn." in page
    assert chips(page) == ["posted_look"]
    assert "I have dealt with it" in page


def test_a_renamed_contact_asks_for_a_look_at_the_notes(order_page: Callable[..., str]) -> None:
    page = order_page(look_once=True, notes=["Contact 7 was renamed from “Robyn” to “Robin”."])

    assert "To be looked at once: see the notes below." in page
    assert "Contact 7 was renamed" in page
    assert "I have dealt with it" in page


def test_names_that_are_sealed_stand_on_the_page_until_they_are_forgotten(
    rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    changed = {"at": AT, "what": ["Billed to another name or address"], "means": ["Correct it there."]}
    full = {
        "notes": {"Contact 7 was renamed.": "Contact 7 was renamed from “Robyn” to “Robin”."},
        "what": {"Billed to another name or address": "Billed to Kim Example, before to Robin Example"},
    }
    with at_acacia(rows, cast) as (session, connection):
        order = make_order(
            session, connection, 100, "posted", changes=changed, notes=["Contact 7 was renamed."]
        )
        keys = firm_vault(session, Vault(RING), connection.firm_id)
        order.in_full = keys.seal(order.id, "in_full", json.dumps(full))
        session.commit()
        address, order_pk = f"/orders/{order.id}", order.id

    page = words_of(sign_in(cast.pat).get(address).get_data(as_text=True))

    assert "Contact 7 was renamed from “Robyn” to “Robin”." in page
    assert "Billed to Kim Example, before to Robin Example" in page
    with rows() as session:
        session.get_one(Order, order_pk).in_full = None
        session.commit()
    page = words_of(sign_in(cast.pat).get(address).get_data(as_text=True))
    assert ("Robyn" in page, "Kim Example" in page) == (False, False)
    assert "Contact 7 was renamed." in page
    assert "Billed to another name or address" in page


def test_an_order_that_waits_for_a_kind_of_line_leads_to_the_choice(order_page: Callable[..., str]) -> None:
    waiting = order_page(state="failed", turn="you", problems=[DIFFERS], read_back_at=None)

    assert '#line-prices">Choose how discounts are sent' in waiting


def test_what_was_dealt_with_stays_to_be_read_and_asks_no_more(order_page: Callable[..., str]) -> None:
    page = order_page(
        problems=[DIFFERS], turn="you", changes=CANCELLED, dealt_with_at=NOON, dealt_with_by="Robin"
    )

    assert DIFFERS["sentence"] in page
    assert "Your turn." not in page
    assert "Dealt with by Robin" in page
    assert "I have dealt with it" not in page
    assert CANCELLED["what"][0] in page
    assert chips(page) == ["posted"]


def test_a_change_is_told_with_what_it_means(order_page: Callable[..., str]) -> None:
    page = order_page(changes=CANCELLED, look_once=True)

    assert "Changed in the shop since it was posted" in page
    assert all(sentence in page for sentence in (*CANCELLED["what"], *CANCELLED["means"]))
    assert "never rewrites a Sale Order" in page
    assert f'name="seen" value="{AT}"' in page


def test_a_change_without_meaning_says_that_there_is_nothing_to_do(order_page: Callable[..., str]) -> None:
    page = order_page(changes={"at": AT, "what": ["Status changed from Shipped to Completed"], "means": []})

    assert "Nothing to do in Saasu." in page
    assert "What it means" not in page


def test_an_order_that_was_only_touched_says_so(order_page: Callable[..., str]) -> None:
    assert "nothing in it that concerns the books" in order_page(changed_in_shop_at=NOON)


SPANS = [{"name": "Total", "shop": "11.00", "books": "11.00", "words": ""}]


@pytest.mark.parametrize(
    ("state", "head"),
    [
        ("posted", "Saasu"),
        ("failed", "As it would be posted"),
        ("unknown", "As it was sent"),
    ],
)
def test_only_a_posted_order_has_a_column_of_what_saasu_has(
    order_page: Callable[..., str], state: str, head: str
) -> None:
    page = order_page(state=state, bridge=SPANS)

    assert page.partition('class="num">BigCommerce</th>')[2].startswith(
        f'<th scope="col" class="num">{head}</th>'
    )


def test_a_reader_sees_the_change_and_no_button(order_page: Callable[..., str], cast: Cast) -> None:
    page = order_page(cast.bob, changes=CANCELLED, look_once=True)

    assert CANCELLED["means"][0] in page
    assert "I have dealt with it" not in page


def deal(client: FlaskClient, order_pk: str, seen: str) -> str:
    answer = client.post(f"/orders/{order_pk}/dealt-with", data={"seen": seen})
    assert (answer.status_code, answer.location) == (302, f"/orders/{order_pk}")
    return words_of(client.get(answer.location).get_data(as_text=True))


def test_a_person_deals_with_it_and_stays_on_the_page(rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    with at_acacia(rows, cast) as (session, connection):
        order_pk = make_order(
            session, connection, 100, "posted", posted_at=NOON, look_once=True, changes=CANCELLED
        ).id
    client = sign_in(cast.pat)

    refused = deal(client, order_pk, "")
    done = deal(client, order_pk, AT)

    assert "changed again meanwhile" in refused
    assert "I have dealt with it" in refused
    assert "Dealt with by Pat Paperbark" in done
    assert "Pat Paperbark: I have dealt with it." in done
    with rows() as session:
        assert session.scalars(select(Order.look_once)).all() == [False]


def test_lists_show_what_to_look_at_once(rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    with at_acacia(rows, cast) as (session, connection):
        make_order(session, connection, 100, "posted", posted_at=NOON, look_once=True, changes=CANCELLED)
        make_order(session, connection, 101, "posted", posted_at=NOON, look_once=True, problems=[DIFFERS])
        make_order(
            session,
            connection,
            102,
            "posted",
            posted_at=NOON,
            problems=[DIFFERS],
            changes=CANCELLED,
            dealt_with_at=NOON,
        )
    client = sign_in(cast.bob)

    asked = words_of(client.get("/orders?state=posted_look").get_data(as_text=True))
    every = words_of(client.get("/orders?state=posted").get_data(as_text=True))
    board = words_of(client.get("/").get_data(as_text=True))

    assert "<h1>Posted, look once</h1>" in asked
    assert sorted(chips(asked)) == ["posted_look", "posted_look"]
    assert "Status changed from Shipped to Cancelled" in asked
    assert DIFFERS["sentence"] in asked
    assert sorted(chips(every)) == ["posted", "posted_look", "posted_look"]
    assert every.count(DIFFERS["sentence"]) == 1
    assert "Status changed from Shipped to Cancelled: dealt with" in every
    assert "2 orders, $22.00" in board
    assert "2 to look at" in board


def test_a_board_with_nothing_to_look_at_does_not_speak_of_it(
    rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    with at_acacia(rows, cast) as (session, connection):
        make_order(session, connection, 100, "posted", posted_at=NOON)

    assert "look at" not in words_of(sign_in(cast.bob).get("/").get_data(as_text=True))


@pytest.fixture
def with_shapes(rows: Rows, cast: Cast) -> str:
    """A connection whose file has proved one kind of line and failed another."""
    with at_acacia(rows, cast) as (session, connection):
        for number, shape, good in ((120, "fine_price", True), (121, "percentage", False)):
            order = make_order(session, connection, number, "posted", posted_at=NOON)
            session.add(
                LineShape(
                    file_pk=connection.file_pk, shape=shape, firm_id=order.firm_id, order_pk=order.id,
                    proved_at=NOON if good else None, failed_at=None if good else NOON,
                )
            )  # fmt: skip
        session.commit()
        return connection.id


def test_the_connector_tells_every_kind_of_line_and_offers_whole_cents(
    with_shapes: str, sign_in: SignIn, cast: Cast
) -> None:
    page = words_of(sign_in(cast.pat).get(f"/connections/{with_shapes}").get_data(as_text=True))

    assert all(words[1:] in page for words in WORDS.values())
    assert "came to another total" in page
    assert 'id="line-prices" open' in page
    assert page.count("not sent yet") == len(WORDS) - 2
    assert "Use net prices of whole cents" in page
    assert "Try the kinds that differed again" in page


def test_a_person_chooses_whole_cents_and_percentages_again(
    with_shapes: str, sign_in: SignIn, cast: Cast, rows: Rows
) -> None:
    client = sign_in(cast.pat)
    address = f"/connections/{with_shapes}"

    answer = client.post(f"{address}/line-prices", data={"prices": "whole-cents"})

    assert answer.location == f"{address}#line-prices"
    page = words_of(client.get(address).get_data(as_text=True))
    assert "How discounts are sent: net prices of whole cents" in page
    assert "Orders that waited are taken now." in page
    assert "Send percentages again" in page
    with rows() as session:
        assert [(run.kind, run.actor) for run in session.scalars(select(Run))] == [("retry", "Pat Paperbark")]
    client.post(f"{address}/line-prices", data={"prices": "percentages"})
    with rows() as session:
        assert session.get_one(Connection, with_shapes).whole_cent_prices is False


def test_a_choice_that_is_none_is_refused(with_shapes: str, sign_in: SignIn, cast: Cast) -> None:
    assert sign_in(cast.pat).post(f"/connections/{with_shapes}/line-prices").status_code == 400


def test_a_person_has_the_kinds_that_differed_tried_again(
    with_shapes: str, sign_in: SignIn, cast: Cast, rows: Rows
) -> None:
    client = sign_in(cast.pat)

    client.post(f"/connections/{with_shapes}/line-prices/try-again")

    page = words_of(client.get(f"/connections/{with_shapes}").get_data(as_text=True))
    assert "is read back as soon as it is posted. Orders that waited are taken now." in page
    assert 'id="line-prices" open' not in page
    with rows() as session:
        assert session.scalars(select(LineShape.shape)).all() == ["fine_price"]


def test_a_paused_connection_says_that_nothing_is_sent_yet(
    with_shapes: str, sign_in: SignIn, cast: Cast, rows: Rows
) -> None:
    with rows() as session:
        session.get_one(Connection, with_shapes).enabled = False
        session.commit()
    client = sign_in(cast.pat)

    client.post(f"/connections/{with_shapes}/line-prices/try-again")

    page = words_of(client.get(f"/connections/{with_shapes}").get_data(as_text=True))
    assert "The connection is not enabled, so nothing is sent yet." in page
