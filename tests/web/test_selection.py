"""The pages on which a person says which orders are taken (SYNC §3)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.orders import Attempt, Order
from portal.models.runs import Run, RunState
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shop:
    """A connection of Acacia and its orders by what they are."""

    connection: str
    orders: dict[str, str]
    run: str


@pytest.fixture
def shop(rows: Rows, cast: Cast) -> Shop:
    with rows() as session:
        connection = make_connection(session, make_file(session, session.get_one(Firm, cast.alice.firm_id)))
        made = {
            "off": ignored(session, connection, 120, "WHILE_OFF", look_once=True, total=Decimal("1200.40")),
            "off too": ignored(session, connection, 121, "WHILE_OFF", look_once=True, total=Decimal("12.00")),
            "older": ignored(session, connection, 100, "BEFORE_START", look_once=True),
            "disputed": ignored(
                session,
                connection,
                122,
                "STATUS",
                look_once=True,
                turn="you",
                status_id=13,
                status="Disputed",
            ),
            "archived": ignored(session, connection, 123, "DELETED", is_deleted=True, total=Decimal("77.10")),
            "cancelled": ignored(session, connection, 124, "STATUS", status_id=5, status="Cancelled"),
            "foreign": ignored(session, connection, 125, "CURRENCY", currency="NZD"),
            "held": make_order(session, connection, 126, flood_at=NOON, turn="you"),
            "failed": make_order(session, connection, 127, "failed", turn="you"),
            "posted": make_order(session, connection, 128, "posted", invoice_id=9),
        }
        run = make_run(session, connection)
        run.state, run.problem_code, run.problem_sentence = RunState.FAILED, "FLOOD", "Too many at once."
        run.remark = "The shop's date filter let 3 other orders through; they were left out here."
        connection.problem_code = "FLOOD"
        session.commit()
        return Shop(connection.id, {name: order.id for name, order in made.items()}, run.id)


def ignored(session: Session, connection: Connection, number: int, reason: str, **more: object) -> Order:
    return make_order(session, connection, number, "ignored", ignored_reason=reason, **more)


def state_of(rows: Rows, order_pk: str) -> tuple[str, str | None]:
    with rows() as session:
        order = session.get_one(Order, order_pk)
        return order.state, order.ignored_reason


def runs_made(rows: Rows) -> list[str]:
    with rows() as session:
        return list(session.scalars(select(Run.kind).where(Run.state == RunState.QUEUED)))


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_board_asks_what_its_connections_ask_with_figures(
    cast: Cast, shop: Shop, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).get("/").text

    assert "2 orders, $1,212.40, created 22/05/2026, came or changed while the connection was off." in plain(
        page
    )
    assert "1 order, $11.00, created 22/05/2026, was disputed or partly refunded" in plain(page)
    assert "1 order, $11.00, created 22/05/2026, is older than the start" in plain(page)
    assert [page.count(word) for word in ("Take them", "Leave them", "Post it", "Ignore it…")] == [1, 1, 1, 1]


def test_a_reader_sees_what_is_asked_and_no_button(cast: Cast, shop: Shop, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)

    for page in (bob.get("/").text, bob.get(f"/orders/{shop.orders['off']}").text):
        assert "while the connection was off" in page
        assert not re.search(
            r"Take (it|them|this)|Leave (it|them)<|Post (it|them)|Ignore (it|them|this)", page
        )


def test_a_connection_that_is_off_says_so_and_offers_nothing(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    with rows() as session:
        session.get_one(Connection, shop.connection).enabled = False
        session.commit()
    alice = sign_in(cast.alice)

    page = alice.get("/").text
    assert "The connection is off; switch it on to answer." in page
    assert "Take them" not in page

    answer = alice.post(
        f"/connections/{shop.connection}/take", data={"reason": "DELETED"}, follow_redirects=False
    )
    assert answer.status_code == 302
    assert state_of(rows, shop.orders["archived"]) == ("ignored", "DELETED")


def test_one_press_takes_all_that_came_while_off(cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows) -> None:
    answer = sign_in(cast.pat).post(
        f"/connections/{shop.connection}/take", data={"reason": "WHILE_OFF", "shown": "y"}
    )

    assert answer.status_code == 302
    assert "/runs/" in answer.location
    assert [state_of(rows, shop.orders[name])[0] for name in ("off", "off too", "older")] == [
        "seen",
        "seen",
        "ignored",
    ]
    assert runs_made(rows) == ["manual"]


def test_one_press_leaves_them_and_asks_no_more(cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows) -> None:
    pat = sign_in(cast.pat)

    pat.post(f"/connections/{shop.connection}/leave", data={"reason": "WHILE_OFF"})

    assert state_of(rows, shop.orders["off"]) == ("ignored", "WHILE_OFF")
    assert "while the connection was off" not in pat.get("/").text
    assert runs_made(rows) == []


@pytest.mark.parametrize("reason", ["", "NONSENSE", "' OR 1=1"])
def test_a_reason_that_is_none_is_refused(cast: Cast, shop: Shop, sign_in: SignIn, reason: str) -> None:
    answer = sign_in(cast.alice).post(f"/connections/{shop.connection}/take", data={"reason": reason})

    assert answer.status_code == 400


def test_the_held_orders_are_posted_by_one_press_and_the_flood_is_off_the_connection(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    answer = sign_in(cast.pat).post(
        f"/connections/{shop.connection}/flood/post", data={"until": NOON.isoformat()}
    )

    assert "/runs/" in answer.location
    with rows() as session:
        order = session.get_one(Order, shop.orders["held"])
        assert (order.state, order.flood_at, order.asked) == ("seen", None, True)
        assert session.get_one(Connection, shop.connection).problem_code is None


def test_the_held_orders_are_ignored_with_a_reason(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)

    pat.post(
        f"/connections/{shop.connection}/flood/ignore",
        data={"until": NOON.isoformat(), "why": "brought from the old shop"},
    )

    assert state_of(rows, shop.orders["held"]) == ("ignored", "BY_PERSON")
    page = plain(pat.get(f"/orders/{shop.orders['held']}").text)
    assert "Pat Paperbark chose to ignore it" in page
    assert "(“brought from the old shop”)" in page


@pytest.mark.parametrize("until", ["", "yesterday", "9999-99-99"])
def test_a_moment_that_is_none_is_refused(cast: Cast, shop: Shop, sign_in: SignIn, until: str) -> None:
    answer = sign_in(cast.alice).post(f"/connections/{shop.connection}/flood/post", data={"until": until})

    assert answer.status_code == 400


def test_orders_held_after_the_page_was_made_stay_held(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    before = (NOON - HOUR).isoformat()

    answer = sign_in(cast.pat).post(
        f"/connections/{shop.connection}/flood/post", data={"until": before}, follow_redirects=False
    )

    assert "/connections/" in answer.location
    with rows() as session:
        assert session.get_one(Order, shop.orders["held"]).flood_at == NOON
        assert session.get_one(Connection, shop.connection).problem_code == "FLOOD"


def test_the_run_that_met_the_flood_offers_the_answer_and_tells_its_remark(
    cast: Cast, shop: Shop, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).get(f"/runs/{shop.run}").text

    assert "let 3 other orders through" in page
    assert f"/connections/{shop.connection}/flood/post" in page
    assert "nothing changed in the shop" not in page


@pytest.mark.parametrize("name", ["off", "older", "disputed", "archived"])
def test_an_order_that_a_person_may_take_has_the_button(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows, name: str
) -> None:
    pat = sign_in(cast.pat)
    assert "Take this order" in pat.get(f"/orders/{shop.orders[name]}").text

    answer = pat.post(f"/orders/{shop.orders[name]}/take")

    assert "/runs/" in answer.location
    assert state_of(rows, shop.orders[name]) == ("seen", None)


@pytest.mark.parametrize("name", ["cancelled", "foreign", "posted", "failed"])
def test_an_order_that_nobody_may_take_has_none(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows, name: str
) -> None:
    pat = sign_in(cast.pat)
    before = state_of(rows, shop.orders[name])
    assert "Take this order" not in pat.get(f"/orders/{shop.orders[name]}").text

    pat.post(f"/orders/{shop.orders[name]}/take")

    assert state_of(rows, shop.orders[name]) == before


def test_a_disputed_order_needs_somebody_until_it_is_left(cast: Cast, shop: Shop, sign_in: SignIn) -> None:
    pat = sign_in(cast.pat)
    address = f"/orders/{shop.orders['disputed']}"
    assert "#122" in pat.get("/orders?state=needs_you").text
    assert "one that is synced: Disputed" in pat.get(address).text

    pat.post(f"{address}/leave")

    assert "#122" not in pat.get("/orders?state=needs_you").text
    assert "Take this order" in pat.get(address).text


def test_an_order_is_ignored_with_words_and_that_can_be_undone(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    pat, address = sign_in(cast.pat), f"/orders/{shop.orders['failed']}"
    assert "Ignore this order…" in pat.get(address).text

    pat.post(f"{address}/ignore", data={"why": "entered <b>by hand</b>"})
    page = pat.get(address).text
    assert "entered &lt;b&gt;by hand&lt;/b&gt;" in page
    assert "Undo: sync this order" in page

    pat.post(f"{address}/take")
    assert state_of(rows, shop.orders["failed"]) == ("seen", None)
    with rows() as session:
        notes = session.scalars(select(Attempt.note).where(Attempt.order_pk == shop.orders["failed"]))
        assert list(notes) == ["Chose to ignore it: entered <b>by hand</b>", "Asked to take it."]


def test_a_posted_order_cannot_be_ignored(cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows) -> None:
    pat = sign_in(cast.pat)
    assert "Ignore this order" not in pat.get(f"/orders/{shop.orders['posted']}").text

    pat.post(f"/orders/{shop.orders['posted']}/ignore")

    assert state_of(rows, shop.orders["posted"]) == ("posted", None)


def test_a_reason_longer_than_a_line_of_history_is_refused(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    answer = sign_in(cast.pat).post(f"/orders/{shop.orders['failed']}/ignore", data={"why": "x" * 301})

    assert answer.status_code == 400
    assert state_of(rows, shop.orders["failed"])[0] == "failed"


def test_ignored_orders_are_listed_by_reason_with_their_dollars(
    cast: Cast, shop: Shop, sign_in: SignIn
) -> None:
    pat = sign_in(cast.pat)

    page = plain(pat.get("/orders?state=ignored").text)
    assert "Archived 1, $77.10" in page
    assert "While off 2, $1,212.40" in page

    archived = pat.get("/orders?state=ignored&reason=DELETED").text
    assert ("#123" in archived, "#120" in archived) == (True, False)
    assert "Take these" not in archived


def test_all_of_one_reason_of_one_connection_are_taken_from_the_list(
    cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    page = pat.get(f"/orders?state=ignored&reason=DELETED&connection={shop.connection}").text
    assert "Take these 1 order…" in page

    pat.post(f"/connections/{shop.connection}/take", data={"reason": "DELETED"})

    assert state_of(rows, shop.orders["archived"]) == ("seen", None)


@pytest.mark.parametrize("reason", ["STATUS", "CURRENCY", "NONSENSE"])
def test_a_reason_that_no_person_lifts_has_no_button(
    cast: Cast, shop: Shop, sign_in: SignIn, reason: str
) -> None:
    page = sign_in(cast.pat).get(f"/orders?state=ignored&reason={reason}&connection={shop.connection}").text

    assert "Take these" not in page


def test_the_held_orders_can_be_listed(cast: Cast, shop: Shop, sign_in: SignIn) -> None:
    page = sign_in(cast.pat).get("/orders?state=waiting&reason=FLOOD&asked=y").text

    assert ("#126" in page, "#127" in page) == (True, False)


@pytest.mark.parametrize("act", ["take", "leave", "ignore"])
def test_a_stranger_finds_no_order(cast: Cast, shop: Shop, sign_in: SignIn, rows: Rows, act: str) -> None:
    answer = sign_in(cast.charlie).post(f"/orders/{shop.orders['off']}/{act}")

    assert answer.status_code == 404
    assert state_of(rows, shop.orders["off"]) == ("ignored", "WHILE_OFF")


@pytest.mark.parametrize("act", ["take", "leave", "flood/post", "flood/ignore"])
def test_a_stranger_finds_no_connection_and_a_reader_may_not(
    cast: Cast, shop: Shop, sign_in: SignIn, act: str
) -> None:
    form = {"reason": "WHILE_OFF", "until": NOON.isoformat()}

    answers = [
        sign_in(member).post(f"/connections/{shop.connection}/{act}", data=form).status_code
        for member in (cast.charlie, cast.bob)
    ]

    assert answers == [404, 403]


def test_the_shops_own_name_of_a_status_stands_beside_ours(cast: Cast, shop: Shop, rows: Rows) -> None:
    from portal.services.choices import shop_statuses

    with rows() as session:
        connection = session.get_one(Connection, shop.connection)
        make_order(session, connection, 200, status_id=10, status="Sent by Kim", order_modified_at=NOON)
        make_order(session, connection, 201, status_id=10, status="Gone", order_modified_at=NOON + HOUR)
        make_order(session, connection, 202, status_id=99, status="Odd")

        assert shop_statuses(session, connection.firm_id, connection.id) == {10: "Gone"}
