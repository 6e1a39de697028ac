"""The order's page shows what proves that it was posted once; one that never left says so, one without an answer says when it is looked up."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.models.accounts import Firm
from portal.models.orders import Attempt
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SENT: dict[str, Any] = {
    "number": "JT120", "marker": "BC-jamtin-120", "fingerprint": "ab" * 32, "first_sent_at": NOON, "sent_at": NOON,
}  # fmt: skip
LEFT = {"left_at": (NOON + timedelta(seconds=1)).isoformat(), "invoice_id": 77, "number": "JT120"}
Page = Callable[..., tuple[str, str]]


@pytest.fixture
def page(rows: Rows, cast: Cast, sign_in: Callable[[Member], FlaskClient]) -> Page:
    """The page of an order in Perth with these lines of history, as Pat sees it, and the id of its run."""

    def shown(state: str, lines: list[tuple[str, str, dict[str, Any]]], **values: Any) -> tuple[str, str]:
        with rows() as session:
            file = make_file(session, session.get_one(Firm, cast.pat.firm_id))
            file.time_zone = "Australia/Perth"
            connection = make_connection(session, file)
            run = make_run(session, connection)
            order = make_order(session, connection, 120, state, **values)
            for seconds, (word, note, details) in enumerate(lines):
                session.add(
                    Attempt(
                        firm_id=order.firm_id, order_pk=order.id, run_id=run.id, at=NOON + timedelta(seconds=2 * seconds),
                        actor="hourly run", state=word, note=note, details={"problems": []} | details,
                    )
                )  # fmt: skip
            session.commit()
            order_pk, run_id = order.id, run.id
        answer = sign_in(cast.pat).get(f"/orders/{order_pk}")
        assert answer.status_code == 200
        return answer.get_data(as_text=True), run_id

    return shown


def said(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_a_posted_order_shows_each_step_with_the_files_time_its_run_and_by_what_it_is_found(
    page: Page,
) -> None:
    found, run_id = page(
        "posted", [("sending", "About to send as JT120.", {"number": "JT120"}), ("posted", "", LEFT)],
        invoice_id=77, posted_at=NOON, **SENT,
    )  # fmt: skip
    words = said(found)
    proof = words.partition("Proof that it was posted once")[2].partition("History")[0]
    assert "Times on this page are in AWST" in words
    assert "Sent once. It is transaction 77 in Saasu." in proof
    assert "22/05/2026 10:00:00 am AWST hourly run : Written down as JT120 before it was sent." in proof
    assert "22/05/2026 10:00:01 am AWST hourly run : Sent to Saasu." in proof
    assert (
        "22/05/2026 10:00:02 am AWST hourly run : Saasu answered: taken as transaction 77, number JT120."
        in proof
    )
    assert (
        found.partition('id="proof-words"')[2].partition("<h2>History")[0].count(f'href="/runs/{run_id}"')
        == 3
    )
    folded = re.search(r"<details.*?</details>", found.partition('id="proof-words"')[2], re.DOTALL)
    assert folded is not None and " open" not in folded[0].partition(">")[0]
    for kept in ("JT120", "BC-jamtin-120", "ab" * 32, "77"):
        assert f"<code>{kept}</code>" in folded[0]


def test_an_order_that_never_left_says_so_and_shows_no_proof(page: Page) -> None:
    found, _ = page("failed", [("failed", "no item", {})], turn="you")
    assert "Never sent to Saasu: no sale there comes from this order." in said(found)
    assert "proof-words" not in found


def test_an_order_whose_answer_was_lost_says_what_is_done_next_and_why_nothing_is_sent_before(
    page: Page,
) -> None:
    found, _ = page(
        "unknown", [("sending", "About to send as JT120.", {}), ("unknown", "timed out", {})], **SENT
    )
    words = said(found)
    assert (
        "What is known of its posting Whether Saasu took it is not known. The next run, now, looks it up"
        in words
    )
    assert (
        "Nothing is sent before: the time in which the sale might still turn up was over at 22/05/2026 10:02:00 am AWST"
        in words
    )
    assert "The answer was lost: timed out" in words
