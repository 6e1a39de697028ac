"""What `prove exactly-once` enumerates from the points of a clean run, and how a worker dies at one."""

import os
import signal

from proofs._once_children import Child
from proofs._once_plants import PLANTS, bringing_out
from proofs._once_points import Points, call_name, die
from proofs._once_scenarios import POST, calls_of, every_scenario, on_postgresql

LISTING = "shop GET /v2/orders"
CLEAN = [
    "before the commit of runs",
    "after the commit of runs",
    f"before {LISTING}",
    f"after {LISTING}",
    "before the commit of attempts",
    "after the commit of attempts",
    f"before {POST}",
    f"after {POST}",
]


def test_a_call_is_named_by_its_remote_and_its_endpoint_without_ids_or_query() -> None:
    assert call_name("GET", "http://127.0.0.1:1/stores/abc/v2/orders/7/products?page=2") == (
        "shop GET /v2/orders/{id}/products"
    )
    assert call_name("POST", "http://127.0.0.1:2/Invoice?FileId=1") == POST


def test_calls_of_the_same_name_are_told_apart() -> None:
    calls = calls_of([*CLEAN, *CLEAN])
    assert [(call.name, call.nth, call.point) for call in calls] == [
        (LISTING, 0, 3),
        (POST, 0, 7),
        (LISTING, 1, 11),
        (POST, 1, 15),
    ]
    fault = calls[-1].fault("cut")
    assert (fault["saasu"], fault["match"], fault["skip"]) == (
        True,
        {"method": "POST", "path": "/Invoice"},
        1,
    )


def test_every_point_is_died_at_and_every_scenario_has_a_name_of_its_own() -> None:
    points = CLEAN * 25
    found = every_scenario(points, points)
    assert [one.kills for one in found if one.kind == "kill" and not one.auto] == [
        (number,) for number in range(1, len(points) + 1)
    ]
    assert sum(one.kind == "kill_kill" for one in found) >= 150
    assert len({one.name for one in found}) == len(found)


def test_a_held_intent_is_held_between_its_commit_and_its_post() -> None:
    held = [one for one in every_scenario(CLEAN, CLEAN) if "/halt-intent/" in one.name]
    assert {CLEAN[one.halt - 1] for one in held} == {"after the commit of attempts"}


def test_on_postgresql_a_worker_dies_at_every_kind_of_point_with_and_without_saasus_own_check() -> None:
    points = CLEAN * 5
    found = on_postgresql(points)

    kills = [one for one in found if "/kill/" in one.name]
    assert sorted(points[one.kills[0] - 1] for one in kills) == sorted(set(CLEAN))
    for side in ("before", "after"):
        checked = {one.unique for one in kills if points[one.kills[0] - 1].startswith(side)}
        assert checked == {True, False}
    assert {one.kind for one in found} == {"postgresql"}
    assert len({one.name for one in found}) == len(found)


def test_what_is_played_first_on_postgresql_is_around_a_post() -> None:
    points = CLEAN * 5

    first = on_postgresql(points)[:6]

    assert [one.unique for one in first] == [False] * 3 + [True] * 3
    assert points[first[0].kills[0] - 1] == f"after {POST}"
    assert points[first[2].halt - 1] == "after the commit of attempts"
    (fault,) = first[1].faults
    assert (fault["fault"], fault["skip"]) == ("reset_after", 1)


CLEAN_WITH_MORE = [*CLEAN[:6], "before saasu GET /Items", "after saasu GET /Items", *CLEAN[6:]]
SPLIT = [*CLEAN[:4], "before the commit of connections", "after the commit of connections", *CLEAN[4:]]
"""A clean run where the cursor moves in a transaction of its own."""


def test_each_plant_has_scenarios_in_which_it_has_to_show() -> None:
    found = every_scenario(CLEAN_WITH_MORE, CLEAN_WITH_MORE)

    assert all(bringing_out(name, found, CLEAN_WITH_MORE, 8) for name in PLANTS)


def test_without_the_fence_a_worker_is_held_between_its_page_and_its_post() -> None:
    wanted = bringing_out("no-fence", every_scenario(CLEAN_WITH_MORE, CLEAN), CLEAN_WITH_MORE, 8)

    assert [CLEAN_WITH_MORE[one.halt - 1] for one in wanted] == ["after saasu GET /Items"]


def test_where_the_cursor_moves_first_a_worker_dies_between_its_commit_and_the_pages() -> None:
    wanted = bringing_out("cursor-first", every_scenario(SPLIT, SPLIT), SPLIT, 8)

    assert [SPLIT[one.kills[0] - 1] for one in wanted] == [
        "after the commit of connections",
        "before the commit of attempts",
    ]


def test_a_missing_intent_is_shown_where_no_intent_is_committed() -> None:
    points = [*CLEAN[:4], *CLEAN[6:]]

    (first, *_) = bringing_out("no-intent", every_scenario(points, points), points, 8)

    assert points[first.kills[0] - 1] == f"after {POST}"


def work_to(points: Points) -> list[str]:
    for name in CLEAN:
        points.reach(name)
    return points.reached


def test_a_worker_dies_at_its_point_and_another_tells_what_it_reached() -> None:
    assert Child(lambda: work_to(Points(3, die))).wait().killed
    assert list(Child(lambda: work_to(Points())).wait().reached) == CLEAN


def test_a_worker_that_is_held_goes_on_when_told() -> None:
    child = Child(lambda: work_to(Points(2, lambda: os.kill(os.getpid(), signal.SIGSTOP))))
    assert child.wait().halted
    assert list(child.go_on().reached) == CLEAN
