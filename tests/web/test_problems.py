"""The problems catalogue names every code there is, and every problem leads to its entry."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.sync.problems import MEANINGS, ORDER_CODES, REASONS, Code, Ignored, Turn
from tests.cast import Cast, Member
from tests.factories import NOON, make_connection, make_file, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("&#39;", "'")


@pytest.fixture
def catalogue(cast: Cast, sign_in: SignIn) -> str:
    """The page as Bob, who only reads, sees it."""
    return text_of(sign_in(cast.bob), "/problems")


def test_every_code_has_its_entry_with_sentence_reason_and_what_to_do(catalogue: str) -> None:
    for code in Code:
        meaning = MEANINGS[code]
        assert f'id="{code}"' in catalogue
        assert all(words in catalogue for words in (meaning.sentence, meaning.why, meaning.to_do)), code


def test_every_reason_to_leave_an_order_out_has_its_entry(catalogue: str) -> None:
    for reason in Ignored:
        assert f'id="{reason}"' in catalogue
        assert REASONS[reason].why in catalogue
        assert REASONS[reason].to_do in catalogue


def test_each_entry_says_whose_turn_it_is(catalogue: str) -> None:
    for turn, words in {
        Turn.YOU: "Your turn.",
        Turn.CLIENT: "The client’s turn.",
        Turn.US: "Our turn.",
    }.items():
        named = sum(meaning.turn is turn for meaning in MEANINGS.values())
        assert catalogue.count(words) == named > 0


def test_the_sentences_of_the_source_document_stand_word_for_word(catalogue: str) -> None:
    assert "Order #999: Unable to find product with BigCommerce sku/code=sh-hoodie-with-logo" in catalogue
    assert "Order #120: Invoice with number SHO120 already exists." in catalogue


def test_the_problems_of_orders_and_of_runs_are_told_apart() -> None:
    assert Code.SAASU_REFUSED in ORDER_CODES
    assert not {Code.SAASU_QUOTA, Code.STORE_SCOPE, Code.FLOOD} & ORDER_CODES
    assert all(MEANINGS[code].sentence.startswith("Order #") for code in ORDER_CODES)
    assert not any(MEANINGS[code].sentence.startswith("Order #") for code in set(Code) - ORDER_CODES)


def test_nobody_reads_it_without_signing_in(client: FlaskClient) -> None:
    answer = client.get("/problems")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/problems")


def test_the_problem_of_a_run_leads_to_its_entry(cast: Cast, rows: Rows, sign_in: SignIn) -> None:
    from portal.models.accounts import Firm
    from portal.models.runs import RunState

    with rows() as session:
        connection = make_connection(session, make_file(session, session.get_one(Firm, cast.alice.firm_id)))
        run = make_run(session, connection)
        run.state, run.problem_code, run.problem_sentence = RunState.FAILED, "STORE_SCOPE", "Not allowed."
        run.finished_at = NOON
        session.commit()
        address = f"/runs/{run.id}"
    assert 'href="/problems#STORE_SCOPE"' in text_of(sign_in(cast.alice), address)
