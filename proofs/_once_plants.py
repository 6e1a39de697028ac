"""Parts of the protocol left out on purpose, in one process: `prove exactly-once` must turn red over each (ASSURANCE A3)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from portal.ledger import SqlLedger
from portal.sync import engine, posting, settling
from portal.sync.ports import Intent, OrderRecord
from proofs._cents_faults import plant
from proofs._once_scenarios import Scenario


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


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "no-intent": no_intent,
    "no-look-up": no_look_up,
    "no-settle": no_settle,
    "no-age-check": no_age_check,
}
BRINGS_OUT: Final[dict[str, Callable[[Scenario], bool]]] = {
    "no-intent": lambda one: one.name.startswith("number/kill/"),
    "no-look-up": lambda one: "/post/" in one.name and "reset_after" in one.name and not one.unique,
    "no-settle": lambda one: one.kind == "fault_kill" and "late_commit" in one.name and one.kills[0] > 0,
    "no-age-check": lambda one: "halt-intent" in one.name and one.halted_for > 1,
}
"""Which scenarios each has to show in."""


def bringing_out(name: str, scenarios: list[Scenario], points: list[str], most: int) -> list[Scenario]:
    """The first scenarios in which a plant has to show; for a missing intent, those that end just after a post was answered."""
    wanted = [one for one in scenarios if BRINGS_OUT[name](one)]
    if name == "no-intent":
        wanted = [one for one in wanted if points[one.kills[0] - 1].startswith("after saasu POST /Invoice")]
    return wanted[:most]
