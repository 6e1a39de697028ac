"""The pages of previews: what everybody sees, what only a preparer may do, and what is said where something is wrong."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.orders import Order
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import Run, RunState
from portal.sync.previewing import Previewed, preview
from portal.sync.problems import Code
from portal.web.previews_in_words import anchor_of, verdict_chip
from tests import builders
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file
from tests.preview_desk import keep_preview, today
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
MISSING = "No Saasu item has the code no-such-sku"


def of(number: int, *skus: str, **more: Any) -> Previewed:
    lines = [builders.line(sku, id=place) for place, sku in enumerate(skus or ("tea-250",), 1)]
    return preview(builders.order(*lines, id=number, **more), builders.rules(), builders.catalogue())


def usual() -> tuple[Previewed, ...]:
    """Two that would post, one that misses an item, one in another currency."""
    return (of(101), of(102, customer_message="Ring twice"), of(103, "no-such-sku"), of(104, currency="NZD"))


@pytest.fixture
def connection_id(rows: Rows, cast: Cast) -> str:
    """Acacia's connection, enabled just now."""
    with rows() as session:
        firm = session.get_one(Firm, cast.alice.firm_id)
        return make_connection(session, make_file(session, firm), start=datetime.now(UTC)).id


@pytest.fixture
def preview_id(rows: Rows, connection_id: str) -> str:
    with rows() as session:
        return keep_preview(session, session.get_one(Connection, connection_id), *usual()).run_id


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page's words, tags left out."""
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def previewed_pk(rows: Rows, number: int) -> str:
    with rows() as session:
        return session.scalars(select(PreviewedOrder.id).where(PreviewedOrder.order_id == number)).one()


def test_a_preview_says_what_would_happen_and_what_to_do_first(
    cast: Cast, sign_in: SignIn, preview_id: str
) -> None:
    page = text_of(sign_in(cast.bob), f"/previews/{preview_id}")

    assert "4 orders: 2 would post, 1 misses an item, 1 in another currency." in page
    assert "Would post 2 $22.00 $22.00 $0.00" in page
    assert f"1 order $11.00 {MISSING} Your turn." in page
    assert "then preview again" in page
    assert "About 8 Saasu calls" in page or "Saasu calls:" in page
    assert "The customer pays in another currency" in page


def test_a_reader_looks_and_is_offered_nothing_to_press(
    cast: Cast, sign_in: SignIn, preview_id: str, connection_id: str
) -> None:
    bob = sign_in(cast.bob)
    for address in (f"/previews/{preview_id}", f"/connections/{connection_id}/previews"):
        page = bob.get(address)
        assert page.status_code == 200
        assert "Start Processing</button>" not in page.text
        assert "Preview again" not in page.text
        assert "Preview these days" not in page.text
    assert bob.post(f"/connections/{connection_id}/previews").status_code == 403
    assert bob.post(f"/previews/{preview_id}/stop").status_code == 403
    assert bob.get(f"/connections/{connection_id}/previews/order?number=101").status_code == 403


def test_a_stranger_finds_none_of_it(
    cast: Cast, sign_in: SignIn, rows: Rows, preview_id: str, connection_id: str
) -> None:
    charlie = sign_in(cast.charlie)
    pk = previewed_pk(rows, 101)
    for address in (
        f"/previews/{preview_id}",
        f"/previews/{preview_id}/live",
        f"/previewed-orders/{pk}",
        f"/connections/{connection_id}/previews",
        f"/connections/{connection_id}/previews/order?number=101",
    ):
        assert charlie.get(address).status_code == 404
    assert charlie.post(f"/previews/{preview_id}/stop").status_code == 404
    assert charlie.post(f"/connections/{connection_id}/previews").status_code == 404


def test_a_preparer_may_start_processing_from_a_preview_that_reaches_today(
    cast: Cast, sign_in: SignIn, preview_id: str
) -> None:
    page = text_of(sign_in(cast.pat), f"/previews/{preview_id}")

    assert "Start Processing posts these 2 orders ($22.00) as unpaid Sale Orders" in page
    assert "the 1 order held back can be retried" in page


def test_where_the_runs_have_read_these_days_there_is_nothing_to_start(
    cast: Cast, sign_in: SignIn, rows: Rows, preview_id: str, connection_id: str
) -> None:
    with rows() as session:
        session.get_one(Connection, connection_id).start_at = NOON
        session.commit()

    answer = sign_in(cast.pat).get(f"/previews/{preview_id}")

    assert "has been read by the runs already" in answer.text
    assert "Start Processing</button>" not in answer.text


def test_a_preview_of_days_gone_by_is_to_be_made_up_to_today_first(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    with rows() as session:
        connection = session.get_one(Connection, connection_id)
        past = keep_preview(session, connection, of(101), day_to=today() - timedelta(days=2)).run_id

    answer = sign_in(cast.pat).get(f"/previews/{past}")

    assert "Preview up to today" in answer.text
    assert "Start Processing</button>" not in answer.text


def test_a_connection_that_is_not_enabled_is_enabled_first(
    cast: Cast, sign_in: SignIn, rows: Rows, preview_id: str, connection_id: str
) -> None:
    with rows() as session:
        session.get_one(Connection, connection_id).enabled = False
        session.commit()

    answer = sign_in(cast.pat).get(f"/previews/{preview_id}")

    assert "This connection is not enabled" in answer.text
    assert "Start Processing</button>" not in answer.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {101, 102, 103, 104}),
        ("?show=would_post", {101, 102}),
        ("?show=problem", {103}),
        ("?show=ignored", {104}),
        ("?show=nonsense", {101, 102, 103, 104}),
        ("?code=ITEM_NOT_FOUND&subject=NO-SUCH-SKU", {103}),
        ("?code=ITEM_NOT_FOUND&subject=other", set()),
        ("?code=NONSENSE", {101, 102, 103, 104}),
        ("?page=2", set()),
        ("?page=99999999999999999999", set()),
    ],
)
def test_the_orders_can_be_narrowed_to_a_verdict_or_a_line_of_the_checklist(
    cast: Cast, sign_in: SignIn, preview_id: str, query: str, shown: set[int]
) -> None:
    page = sign_in(cast.bob).get(f"/previews/{preview_id}{query}").text

    assert {int(number) for number in re.findall(r'/previewed-orders/[^"]+">#(\d+)<', page)} == shown


def test_one_previewed_order_shows_both_sides_and_the_sale_as_it_would_be_sent(
    cast: Cast, sign_in: SignIn, rows: Rows, preview_id: str
) -> None:
    assert preview_id
    page = text_of(sign_in(cast.bob), f"/previewed-orders/{previewed_pk(rows, 102)}")

    assert "Total $11.00 $11.00 $0.00" in page
    assert "Number SHO102" in page
    assert "Ring twice" in page
    assert "Product tea-250 TEA-250 1 $11.00 G1 $11.00" in page


def test_a_previewed_order_that_is_held_back_says_why(
    cast: Cast, sign_in: SignIn, rows: Rows, preview_id: str
) -> None:
    assert preview_id
    page = text_of(sign_in(cast.bob), f"/previewed-orders/{previewed_pk(rows, 103)}")

    assert "Order #103: Unable to find product with BigCommerce sku/code=no-such-sku" in page
    assert "The sale order as it would be sent" not in page


def test_while_a_preview_is_made_its_page_follows_and_can_stop_it(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    with rows() as session:
        connection = session.get_one(Connection, connection_id)
        run_id = keep_preview(session, connection, of(101), state=RunState.RUNNING).run_id
    pat = sign_in(cast.pat)

    page = pat.get(f"/previews/{run_id}/live").text
    stopped = pat.post(f"/previews/{run_id}/stop")

    assert "1 order looked at, up to" in page
    assert "data-live-done" not in page
    assert stopped.status_code == 302
    with rows() as session:
        assert session.get_one(Run, run_id).stop_asked


def test_a_finished_preview_needs_no_more_asking(cast: Cast, sign_in: SignIn, preview_id: str) -> None:
    assert "data-live-done" in sign_in(cast.bob).get(f"/previews/{preview_id}/live").text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.STOPPED, "Stopped by a person"),
        (RunState.FAILED, "Ask the client for a new V2/V3 API token"),
        (RunState.INCOMPLETE, "What was read so far is below"),
    ],
)
def test_a_preview_that_did_not_reach_its_end_says_so(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str, state: RunState, words: str
) -> None:
    with rows() as session:
        kept = keep_preview(session, session.get_one(Connection, connection_id), of(101), state=state)
        if state is not RunState.STOPPED:
            kept.run.problem_code, kept.run.problem_sentence = "STORE_CREDENTIALS", "Refused."
        run_id = kept.run_id
        session.commit()

    answer = sign_in(cast.pat).get(f"/previews/{run_id}")

    assert words in answer.text
    assert "Start Processing</button>" not in answer.text


def test_a_preview_whose_orders_were_pruned_says_so(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    with rows() as session:
        run_id = keep_preview(session, session.get_one(Connection, connection_id), kept=False).run_id

    page = text_of(sign_in(cast.bob), f"/previews/{run_id}")

    assert "are not kept any more" in page
    assert "No orders in this period" not in page


def test_days_without_orders_are_told_as_such(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    with rows() as session:
        run_id = keep_preview(session, session.get_one(Connection, connection_id)).run_id

    assert "No orders in this period." in text_of(sign_in(cast.bob), f"/previews/{run_id}")


def test_pressing_preview_makes_one_and_pressing_again_leads_to_it(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    pat = sign_in(cast.pat)
    first = pat.post(f"/connections/{connection_id}/previews", data={"orders_from": today().isoformat()})
    again = pat.post(f"/connections/{connection_id}/previews", data={"orders_from": "2026-01-01"})

    with rows() as session:
        (kept,) = session.scalars(select(Preview))
        assert first.location == again.location == f"/previews/{kept.run_id}"
        assert (kept.day_from, kept.day_to) == (today(), today())
        assert (kept.run.kind, kept.run.state, kept.run.actor) == ("preview", "queued", "Pat Paperbark")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose the first day of the preview"),
        ({"orders_from": "yesterday"}, "Choose the first day of the preview"),
        ({"orders_from": "2026-01-01", "until": "soon"}, "Choose the first day of the preview"),
        ({"orders_from": "2999-01-01"}, "not in the future"),
        ({"orders_from": "2026-02-01", "until": "2026-01-01"}, "The last day lies before the first one"),
    ],
)
def test_days_that_make_no_sense_are_refused_in_a_sentence(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str, form: dict[str, str], words: str
) -> None:
    answer = sign_in(cast.pat).post(
        f"/connections/{connection_id}/previews", data=form, follow_redirects=True
    )

    assert words in answer.text
    with rows() as session:
        assert session.scalars(select(Run)).all() == []


@pytest.mark.parametrize("number", ["", "abc", "-5", "1.5", "²", "9" * 30])
def test_what_is_no_order_number_is_refused_in_a_sentence(
    cast: Cast, sign_in: SignIn, connection_id: str, number: str
) -> None:
    answer = sign_in(cast.pat).get(
        f"/connections/{connection_id}/previews/order", query_string={"number": number}
    )

    assert answer.status_code == 200
    assert "Type the number of an order, in digits alone." in answer.text


def test_an_order_is_not_fetched_without_a_token(cast: Cast, sign_in: SignIn, connection_id: str) -> None:
    page = text_of(sign_in(cast.pat), f"/connections/{connection_id}/previews/order?number=%23101")

    assert "BigCommerce refused the Access Token" in page
    assert "Ask the client for a new V2/V3 API token" in page


def test_an_orders_own_page_leads_to_its_preview(
    cast: Cast, sign_in: SignIn, rows: Rows, connection_id: str
) -> None:
    with rows() as session:
        connection = session.get_one(Connection, connection_id)
        order = Order(
            firm_id=connection.firm_id, connection_id=connection.id, saasu_file_id=connection.file.file_id, store_hash=connection.store_hash,
            order_id=999, state="failed", turn="you", order_created_at=NOON, order_modified_at=NOON, first_seen_at=NOON, decided_at=NOON,
        )  # fmt: skip
        session.add(order)
        session.commit()
        order_pk = order.id
    pat = sign_in(cast.pat)

    assert f"/orders/{order_pk}/preview" in pat.get(f"/orders/{order_pk}").text
    assert f"/orders/{order_pk}/preview" not in sign_in(cast.bob).get(f"/orders/{order_pk}").text
    assert "BigCommerce refused the Access Token" in text_of(pat, f"/orders/{order_pk}/preview")


def test_among_the_runs_a_preview_leads_to_its_own_page(cast: Cast, sign_in: SignIn, preview_id: str) -> None:
    bob = sign_in(cast.bob)

    assert "Preview" in text_of(bob, "/runs")
    assert bob.get(f"/runs/{preview_id}").location == f"/previews/{preview_id}"


def test_a_preview_changes_nothing_on_the_board(cast: Cast, sign_in: SignIn, preview_id: str) -> None:
    assert preview_id
    page = sign_in(cast.bob).get("/").text

    assert "running now" not in page
    assert "1 without new failures" not in page


def test_a_problem_that_mends_itself_looks_otherwise_than_one_that_needs_somebody() -> None:
    waiting = {"code": "INCOMPLETE_READ", "sentence": "", "subject": ""}

    assert verdict_chip("problem", [waiting]) == "mends"
    assert verdict_chip("problem", [{**waiting, "code": "ITEM_NOT_FOUND"}]) == "needs_you"
    assert verdict_chip("problem", []) == "needs_you"
    assert verdict_chip("problem", of(1, "no-such-sku").tally.problems) == "needs_you"
    assert [verdict_chip(word, []) for word in ("would_post", "posted", "unsettled")] == [
        "would_post",
        "posted",
        "unknown",
    ]


def test_a_missing_setting_leads_to_its_field() -> None:
    assert anchor_of(Code.SHIPPING_ITEM_MISSING) == "shipping_item"
    assert anchor_of(Code.ITEM_NOT_FOUND) == ""
