"""One call a second per file, and the day's limit with its block for everybody."""

import threading
from decimal import Decimal

import pytest

from sandbox.saasu.allowance import Allowance
from sandbox.saasu.seeding import furnish
from sandbox.saasu.settings import PLANS
from sandbox.saasu.state import File
from sandbox.saasu.wire import Refusal
from tests.sandbox.saasu.books import FILE_ID, Books

SECOND = 1_000_000_000


class Ticks:
    """A monotonic clock to turn by hand, in nanoseconds."""

    def __init__(self) -> None:
        self.now = 5 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def ticks(books: Books) -> Ticks:
    """The clock of the books' seconds; one call a second is allowed."""
    clock = Ticks()
    books.state.allowance = Allowance(books.state, clock)
    books.set(calls_per_second=Decimal(1))
    return clock


def test_a_second_call_within_the_second_is_429(books: Books, ticks: Ticks) -> None:
    assert books.ask("GET", "/TaxCodes").status == 200
    ticks.now += SECOND * 9 // 10
    answer = books.ask("GET", "/Items")
    assert (answer.status, "Retry-After" in answer.headers) == (429, False)
    ticks.now += SECOND // 10
    assert books.ask("GET", "/Items").status == 200


def test_a_refused_call_does_nothing(books: Books, ticks: Ticks) -> None:
    books.ask("GET", "/TaxCodes")
    assert books.ask("POST", "/Invoice", books.order()).status == 429
    assert books.file.invoices == {}


def test_retry_after_is_a_switch(books: Books, ticks: Ticks) -> None:
    books.set(retry_after=2)
    books.ask("GET", "/TaxCodes")
    assert books.ask("GET", "/TaxCodes").headers["Retry-After"] == "2"


def test_each_file_has_its_own_second(books: Books, ticks: Ticks) -> None:
    furnish(books.state, File(70002, "Other"))
    books.state.logins["keeper@example.com"].files.append(70002)
    assert books.ask("GET", "/TaxCodes").status == 200
    assert books.ask("GET", "/TaxCodes", FileId=70002).status == 200


@pytest.mark.parametrize(("rate", "passed"), [(Decimal(3), 3), (Decimal("0.5"), 1), (None, 10)])
def test_the_rate_can_be_scaled_or_off(books: Books, ticks: Ticks, rate: Decimal | None, passed: int) -> None:
    books.set(calls_per_second=rate)
    answers = [books.ask("GET", "/TaxCodes").status for _ in range(10)]
    assert answers.count(200) == passed


def test_a_rate_below_one_waits_longer_than_a_second(books: Books, ticks: Ticks) -> None:
    books.set(calls_per_second=Decimal("0.5"))
    books.ask("GET", "/TaxCodes")
    ticks.now += SECOND * 3 // 2
    assert books.ask("GET", "/TaxCodes").status == 429
    ticks.now += SECOND // 2
    assert books.ask("GET", "/TaxCodes").status == 200


@pytest.mark.parametrize(
    ("plan", "limit"),
    [("Small", 4000), ("Growing", 3000), ("Medium", 6000), ("Large", 8000), ("X-Large", 20000)],
)
def test_each_plan_has_its_day(plan: str, limit: int) -> None:
    assert PLANS[plan] == File(1, "One", plan).daily_limit == limit


def test_one_call_too_many_blocks_the_file_for_24_hours_for_everybody(books: Books) -> None:
    books.set(day_scale=Decimal("0.001"))
    # Three calls a day; the login was the first.
    assert [books.ask("GET", "/TaxCodes").status for _ in range(4)] == [200, 200, 429, 429]
    books.clock.set({"now": "2026-03-03T11:59:59Z"})
    books.tokens = books.sign_in().value
    assert books.ask("GET", "/TaxCodes").status == 429
    books.clock.set({"now": "2026-03-03T12:00:00Z"})
    assert books.ask("GET", "/TaxCodes").status == 200


def test_logins_and_refreshes_count_against_every_file_they_reach(books: Books) -> None:
    furnish(books.state, File(70002, "Other"))
    books.state.logins["keeper@example.com"].files.append(70002)
    books.sign_in()
    books.send(
        "POST",
        "/authorisation/refresh",
        {"grant_type": "refresh_token", "refresh_token": books.tokens["refresh_token"]},
    )
    assert len(books.state.allowance.tally(books.state.files[70002]).day) == 2
    assert len(books.state.allowance.tally(books.file).day) == 3


def test_the_day_is_the_last_24_hours(books: Books) -> None:
    for hour in range(4):
        books.clock.set({"now": f"2026-03-0{3 + hour}T12:00:00Z"})
        books.tokens = books.sign_in().value
        books.ask("GET", "/TaxCodes")
    assert len(books.state.allowance.tally(books.file).day) == 2


def test_the_day_can_be_off(books: Books) -> None:
    books.set(day_scale=None)
    assert {books.ask("GET", "/TaxCodes").status for _ in range(30)} == {200}


def test_many_threads_get_no_more_than_their_share(books: Books, ticks: Ticks) -> None:
    passed: list[int] = []

    def call() -> None:
        try:
            with books.state.lock:
                books.state.allowance.count(books.file)
            passed.append(FILE_ID)
        except Refusal:
            return

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1
    assert books.state.allowance.tally(books.file).throttled == 11
