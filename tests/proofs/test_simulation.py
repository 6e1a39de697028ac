"""A schedule of `prove simulate` goes the same way each time, is judged by what the books have, and shows a part that is left out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.sync.sale_orders import marker
from proofs._product import migrated
from proofs._sim_plants import PLANTS, Plant
from proofs._sim_play import HASH, MemoryStore, Play
from proofs._sim_remotes import CANCELLED
from proofs.simulate import MUST_HAPPEN, apart, holds, judged, on_sql, red_seeds, template_of

SEED = 3
"""A schedule in which something of everything goes wrong."""
CATCHES = {
    "no intent": 41,
    "no settle": 215,
    "no look-up": 9,
    "no second look": 2719,
    "no age check": 5596,
    "no fence and no compare-and-set": 3,
    "cursor outside the transaction": 336,
    "clocks of the workers' own": 19,
}
"""For each fault that is planted, the first of its seeds that shows it."""


@pytest.fixture
def played() -> Play:
    """A schedule of two orders and more that was played to its good end."""
    play = Play(SEED, MemoryStore)
    assert play.verdict().bad == []
    assert len(play.shop.orders) > 1
    return play


def test_the_same_seed_gives_the_same_schedule_to_the_call() -> None:
    first, second, other = (
        Play(seed, MemoryStore, verbose=True).verdict() for seed in (SEED, SEED, SEED + 1)
    )

    assert first == second
    assert first.trace != other.trace
    assert first.posts > 1


def test_the_same_schedule_goes_the_same_way_over_sql(tmp_path: Path) -> None:
    template = template_of(migrated(tmp_path))

    for seed in (SEED, CATCHES["no look-up"]):
        assert on_sql(seed, template, verbose=True) == Play(seed, MemoryStore, verbose=True).verdict()


@pytest.mark.parametrize(
    "change",
    [{"state": "exists"}, {"number": "SIM7"}, {"invoice_id": 7}, {"codes": ("SAASU_REFUSED",)}],
    ids=str,
)
def test_an_order_that_stands_otherwise_on_the_other_ledger_is_told(change: dict[str, Any]) -> None:
    found = Play(SEED, MemoryStore).verdict()
    first, *others = found.ends
    assert (first.state, first.codes) == ("posted", ())

    assert apart(found, replace(found, ends=[*found.ends])) == []
    (told,) = apart(found, replace(found, ends=[replace(first, **change), *others]))
    assert told.startswith(f"order {first.order_id}: ")
    (gone,) = apart(found, replace(found, ends=others))
    assert gone.endswith("over SQL None")
    assert apart(found, replace(found, posts=found.posts + 1)) != []


# --- the judge sees what the books have -------------------------------------------------------------------------------


def first_sale(play: Play) -> int:
    """Where the sale of the first order stands in the books."""
    marks = [one.purchase_order_number for one in play.books.sales]
    return marks.index(marker(HASH, 100))


def sell_twice(play: Play) -> None:
    play.books.sales.append(replace(play.books.sales[first_sale(play)], invoice_id=9999))


def lose(play: Play) -> None:
    del play.books.sales[first_sale(play)]


def number_otherwise(play: Play) -> None:
    place = first_sale(play)
    play.books.sales[place] = replace(play.books.sales[place], invoice_id=9999)


def swap(play: Play) -> None:
    """The ledger takes each of two orders' sales for the other's."""
    assert isinstance(play.store, MemoryStore)
    one, other = play.store.shelf.rows[100], play.store.shelf.rows[101]
    one.invoice_id, other.invoice_id = other.invoice_id, one.invoice_id


def sell_what_nobody_ordered(play: Play) -> None:
    sale = play.books.sales[first_sale(play)]
    play.books.sales.append(replace(sale, invoice_id=9999, purchase_order_number=marker(HASH, 999)))


def fail_within(play: Play) -> None:
    play.stage.happened["fault of ours"] += 1


WRONGS: list[tuple[Callable[[Play], None], list[str]]] = [
    (sell_twice, ["duplicate"]),
    (lose, ["lost"]),
    (number_otherwise, ["misnamed"]),
    (swap, ["misnamed", "misnamed"]),
    (sell_what_nobody_ordered, ["stranger"]),
    (fail_within, ["a fault of ours in the engine"]),
]


@pytest.mark.parametrize(("go_wrong", "told"), WRONGS)
def test_what_is_wrong_at_the_end_is_told(
    played: Play, go_wrong: Callable[[Play], None], told: list[str]
) -> None:
    go_wrong(played)

    assert [one.partition(":")[0] for one in played.wrongs(0)] == told


def test_a_sale_sent_by_a_run_with_nothing_to_do_is_told(played: Play) -> None:
    assert [one.partition(":")[0] for one in played.wrongs(1)] == ["idle"]


def test_an_order_that_was_cancelled_need_not_be_in_the_books(played: Play) -> None:
    lose(played)
    assert isinstance(played.store, MemoryStore)
    del played.store.shelf.rows[100]
    played.shop.change(100, CANCELLED)

    assert played.wrongs(0) == []


def test_a_schedule_that_never_ends_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs._sim_stage.Stage.play", lambda *_given, **_named: None)

    assert "still at work" in judged(Play(SEED, MemoryStore)).bad[0]


# --- parts left out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_part_of_the_protocol_that_is_left_out_is_shown_by_the_seed_named_for_it(plant: Plant) -> None:
    seed = CATCHES[plant.name]

    assert red_seeds(plant, seed, seed + 1) == [seed]
    assert judged(Play(seed, MemoryStore)).bad == []


# --- the bar ----------------------------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {"happened": dict.fromkeys(MUST_HAPPEN, 1),
    "schedules": 400, "sql_schedules": 40, "both": 9, "bad": 0, "apart": 0, "planted": 7, "caught": 7,
}  # fmt: skip


def test_the_bar_holds_where_every_figure_is_as_it_should_be() -> None:
    assert holds(GOOD)


@pytest.mark.parametrize(
    "figure",
    [
        {"bad": 1},
        {"apart": 1},
        {"caught": 6},
        {"planted": 0, "caught": 0},
        {"sql_schedules": 39},
        {"both": 0},
        {"happened": {}},
        {"happened": dict.fromkeys(MUST_HAPPEN[1:], 1)},
    ],
    ids=str,
)
def test_the_bar_does_not_hold_where_one_figure_is_out_of_it(figure: dict[str, Any]) -> None:
    assert not holds(GOOD | figure)
