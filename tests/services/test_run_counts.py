"""Over whole runs: what a run says it looked at is what it read and tried, each order once, and the words come to it."""

from portal.models.runs import Run
from portal.services.orders import retry
from portal.services.run_counts import counted, looked_at
from tests.selection_desk import Counter, silent

MUG = [{"sku": "mug-blue", "name": "Mug", "price": "5.00", "quantity": 1}]


def words_of(run: Run) -> dict[str, int]:
    found = {one.name: one.orders for one in counted(run)}
    assert looked_at(run) == sum(found.values())
    return found


def test_every_order_that_a_run_touched_stands_under_one_word(shop: Counter) -> None:
    shop.place()
    shop.place(status_id=7)
    failing = [shop.place(lines=MUG) for _ in range(2)]
    assert words_of(shop.run()) == {"posted": 1, "ignored": 1, "failed": 2}

    shop.forward(minutes=60)
    shop.place()
    # Two windows overlap, so what was finished near the end of the one before is read once more.
    assert words_of(shop.run()) == {"posted": 1, "failed": 0, "again": 2, "unchanged": 2}

    asked = retry(shop.desk.session, shop.order(failing[0]), "Alice", shop.clock.now(), silent)
    assert asked is not None
    shop.carry_out(asked)
    assert words_of(asked) == {"posted": 0, "failed": 0, "again": 1}

    shop.desk.add_item("mug-blue")
    shop.forward(minutes=60)
    shop.change(failing[0], status_id=5)
    shop.forward(minutes=3)
    assert words_of(shop.run()) == {"posted": 1, "failed": 0, "ignored": 1, "unchanged": 1}


def test_what_is_read_once_more_and_left_as_it_was_is_counted_too(shop: Counter) -> None:
    shop.place()
    shop.run()
    shop.forward(minutes=5)

    again = shop.run()

    assert words_of(again) == {"posted": 0, "failed": 0, "unchanged": 1}
    assert [one.words for one in counted(again)] == ["0 posted", "0 failed", "1 left as it was"]
