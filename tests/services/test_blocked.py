"""Saasu's block of a file is recognised, told with its end, and waited out by every run, preview and page (SYNC §9)."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from portal import budget
from portal.clients.answers import Answer
from portal.models.backfills import Backfill
from portal.models.mirrors import CallBlock
from portal.models.runs import RunState
from portal.services import allowances, connections
from portal.services.gates import Gate
from portal.sync.blocking import Block
from portal.sync.failures import Blocked
from portal.sync.problems import RunStopped
from tests.backfill_clerk import Clerk
from tests.sandbox_desk import Desk
from tests.selection_desk import Counter

BLOCKED = "Saasu blocked this file for every program: too many calls were made to it in a day. It goes on "


def control(desk: Desk, path: str, body: dict[str, Any]) -> None:
    answer = requests.patch(f"{desk.servers.saasu_url}/_control/{path}", json=body, timeout=10)
    assert answer.ok, answer.text


def block(desk: Desk) -> None:
    """Another program makes one call too many."""
    control(desk, f"files/{desk.file.file_id}", {"blocked": True})


def throttle(desk: Desk, times: int) -> None:
    """The next calls are refused without a word of why, or for how long."""
    desk.servers.controls["saasu"].faults.order(
        {"match": {}, "fault": "throttle", "times": times, "body": ""}
    )


def asked(desk: Desk) -> int:
    return sum(desk.calls("saasu").values())


def kept(desk: Desk) -> CallBlock | None:
    desk.session.rollback()
    return desk.session.scalar(select(CallBlock))


@pytest.mark.parametrize("status", [429, 403])
def test_the_hourly_runs_wait_a_block_out_and_then_go_on_by_themselves(shop: Counter, status: int) -> None:
    shop.desk.servers.saasu.change_settings({"block_status": status})
    number = shop.place()
    block(shop.desk)
    before = asked(shop.desk)

    first = shop.run()
    met_at = shop.clock.now()
    problems = [shop.connection.problem_sentence]
    for _ in range(23):
        shop.forward(minutes=57)
        assert shop.run().saasu_calls == 0
        problems.append(shop.connection.problem_sentence)
    refused = asked(shop.desk) - before
    shop.forward(minutes=57)
    last = shop.run()

    assert (first.state, first.problem_code) == (RunState.INCOMPLETE, "SAASU_QUOTA")
    assert refused == 1
    assert all((sentence or "").startswith(BLOCKED) for sentence in problems)
    assert shop.clock.now() - met_at == timedelta(hours=24)
    assert (last.state, shop.state(number)[0], kept(shop.desk)) == (RunState.FINISHED, "posted", None)
    assert shop.connection.problem_code is None


def test_the_end_of_a_block_stands_in_the_runs_sentence_by_the_files_clock(shop: Counter) -> None:
    shop.place()
    block(shop.desk)

    run = shop.run()

    found = kept(shop.desk)
    assert found is not None
    assert found.until - found.since == timedelta(hours=24)
    assert (run.problem_sentence or "").startswith(f"{BLOCKED}tomorrow at ")


def test_a_refusal_that_says_nothing_is_asked_again_by_the_next_run_and_then_waited_out_if_it_lasts(
    shop: Counter,
) -> None:
    shop.place()
    before = asked(shop.desk)
    throttle(shop.desk, 2)
    shop.connection.next_run_at = shop.clock.now() + timedelta(hours=1)
    shop.desk.session.commit()
    first = shop.run()
    since = shop.clock.now()
    assert shop.connection.next_run_at == since + timedelta(minutes=1)
    shop.forward(minutes=57)
    second = shop.run()
    found = kept(shop.desk)
    shop.forward(minutes=57)
    third = shop.run()

    assert [run.problem_code for run in (first, second, third)] == ["SAASU_QUOTA"] * 3
    assert (first.problem_sentence or "").startswith("Saasu says too many calls were made to this file. ")
    assert (second.problem_sentence or "").startswith(BLOCKED)
    assert asked(shop.desk) - before == 2
    assert found is not None
    assert (found.since, found.until) == (since, since + timedelta(hours=24))


def test_a_call_in_the_same_second_as_another_program_stops_nobody_for_long(shop: Counter) -> None:
    number = shop.place()
    throttle(shop.desk, 1)
    shop.run()
    assert kept(shop.desk) is not None

    run = shop.run()

    assert (run.state, shop.state(number)[0], kept(shop.desk)) == (RunState.FINISHED, "posted", None)


def test_of_two_workers_that_are_refused_the_longer_wait_counts_and_a_late_good_answer_lifts_only_its_own(
    shop: Counter,
) -> None:
    session, account = shop.desk.session, f"saasu:{shop.desk.file.file_id}"
    gate = Gate(session, shop.desk.file, shop.clock.now)
    block_now = Block(shop.clock.now(), shop.clock.now() + timedelta(minutes=1))
    budget.keep_block(session, account, block_now)
    session.commit()
    shop.forward(minutes=2)
    gate.ask()
    day = Block(block_now.since, block_now.since + timedelta(hours=24))
    budget.keep_block(session, account, day)
    session.commit()

    gate.hear(Answer(status=200, text="{}"))
    assert budget.block_of(session, account) == day
    with pytest.raises(Blocked, match="blocked this file"):
        gate.hear(Answer(status=429))
    assert budget.block_of(session, account) == day


def test_no_page_asks_a_blocked_file_either(shop: Counter) -> None:
    desk, outside = shop.desk, shop.outside
    shop.place()
    block(desk)
    shop.run()
    before = asked(desk)
    shop.forward(minutes=5)

    with pytest.raises(Blocked, match="It goes on"):
        connections.file_items(desk.session, outside, desk.file)
    with pytest.raises(RunStopped) as stopped:
        allowances.affording(desk.session, desk.file, shop.clock, allowances.Work.PREVIEW)()

    assert asked(desk) == before
    found = kept(desk)
    assert found is not None
    assert (stopped.value.again_at, stopped.value.problem.sentence[: len(BLOCKED)]) == (found.until, BLOCKED)


def test_another_plan_lifts_a_block_and_the_others_stay(shop: Counter) -> None:
    number = shop.place()
    block(shop.desk)
    shop.run()
    allowances.keep_allowance(shop.desk.session, shop.desk.file, shop.desk.file.daily_calls, sole_user=True)
    assert kept(shop.desk) is not None
    control(shop.desk, f"files/{shop.desk.file.file_id}", {"blocked": False})

    allowances.keep_allowance(shop.desk.session, shop.desk.file, 6000, sole_user=True)
    run = shop.run()

    assert (run.state, shop.state(number)[0]) == (RunState.FINISHED, "posted")


def test_a_backfill_waits_for_the_end_of_the_block(clerk: Clerk) -> None:
    clerk.ask()
    now = clerk.clock.now()
    found = {"account": f"saasu:{clerk.desk.file.file_id}", "since": now, "until": now + timedelta(hours=20)}
    clerk.desk.session.add(CallBlock(**found))
    clerk.desk.session.commit()
    before = asked(clerk.desk)

    clerk.slice()

    backfill = clerk.desk.session.scalars(select(Backfill)).one()
    assert (backfill.problem_code, backfill.resume_at) == ("SAASU_QUOTA", now + timedelta(hours=20))
    assert asked(clerk.desk) == before
