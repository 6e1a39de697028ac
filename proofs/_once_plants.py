"""Parts of the protocol left out on purpose, in one process: `prove exactly-once` must turn red over each (ASSURANCE A3)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import update

from portal import ledger
from portal.ledger import SqlLedger, fenced, pages, sales
from portal.models.connections import Connection
from portal.sync import engine, posting, settling
from portal.sync.ports import Intent, OrderRecord, Reading, Recorded
from proofs._cents_faults import plant
from proofs._once_scenarios import POST, Scenario


def no_intent() -> None:
    """Nothing is committed before the post."""

    def sending(_self: object, record: OrderRecord, intent: Intent) -> OrderRecord:
        return replace(record, number=intent.number)

    setattr(SqlLedger, "sending", sending)  # noqa: B010


def no_look_up() -> None:
    """Nobody asks Saasu what became of a lost answer."""

    def look_up(*_words: Any) -> tuple[()]:
        return ()

    plant(engine, "look_up", look_up)


def no_settle() -> None:
    """A sale that is not there now is taken never to come."""

    def settle_time(_number_is_ours: bool) -> timedelta:
        return timedelta(0)

    plant(settling, "settle_time", settle_time)


def no_age_check() -> None:
    """What was meant long ago is still sent."""
    plant(posting, "LONGEST_INTENT", timedelta(days=365))


def no_fence() -> None:
    """No write asks whether the run still holds the connection, nor whether the row is as it was read."""

    def hold_fence(self: Any, **values: Any) -> None:
        held = update(Connection).where(Connection.id == self._connection_id).values(**values)
        self._session.execute(held.execution_options(synchronize_session=False))

    def unmoved(self: Any, record: OrderRecord) -> Any:
        return self._locked(record.id)

    def renewed(*_words: Any) -> None:
        return None

    def otherwise(*_words: Any) -> bool:
        return False

    plant(fenced.FencedRows, "_hold_fence", hold_fence)
    plant(fenced.FencedRows, "_unmoved", unmoved)
    plant(pages, "stands_otherwise", otherwise)
    for module in (sales, ledger):
        plant(module, "renew_lease", renewed)


def cursor_first() -> None:
    """The cursor moves in a transaction before the one that records the page."""
    plain = SqlLedger.record_page

    def record_page(self: SqlLedger, orders: Sequence[Recorded], reading: Reading) -> None:
        plain(self, (), reading)
        plain(self, orders, reading)

    plant(pages.PageRows, "record_page", record_page)


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "no-intent": no_intent,
    "no-look-up": no_look_up,
    "no-settle": no_settle,
    "no-age-check": no_age_check,
    "no-fence": no_fence,
    "cursor-first": cursor_first,
}
BRINGS_OUT: Final[dict[str, Callable[[Scenario], bool]]] = {
    "no-intent": lambda one: one.name.startswith("number/kill/"),
    "no-look-up": lambda one: "/post/" in one.name and "reset_after" in one.name and not one.unique,
    "no-settle": lambda one: one.kind == "fault_kill" and "late_commit" in one.name and one.kills[0] > 0,
    "no-age-check": lambda one: "halt-intent" in one.name and one.halted_for > 1,
    "no-fence": lambda one: one.name.startswith("number/halt/"),
    "cursor-first": lambda one: one.name.startswith("number/kill/"),
}
"""Which scenarios each has to show in."""


def bringing_out(name: str, scenarios: list[Scenario], points: list[str], most: int) -> list[Scenario]:
    """The first scenarios in which a plant has to show.

    For a missing intent, those that end just after a post was answered; without the fence, the last of those that hold a worker up between
    the recording of the page and its first post; for the cursor, those that end between its commit and the page's, which follow the
    last call to the shop before that.
    """
    wanted = [one for one in scenarios if BRINGS_OUT[name](one)]
    posts = [place for place, point in enumerate(points, start=1) if point == f"after {POST}"]
    read = max(place for place in range(1, posts[0]) if points[place - 1].startswith("after shop "))
    if name == "no-intent":
        wanted = [one for one in wanted if one.kills[0] in posts]
    if name == "no-fence":
        wanted = [one for one in wanted if read + 2 < one.halt < posts[0]][-most:]
    if name == "cursor-first":
        wanted = [one for one in wanted if one.kills[0] in (read + 2, read + 3)]
    return wanted[:most]
