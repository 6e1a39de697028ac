"""The judge of `prove simulate` tells each thing that can be wrong, and nothing of a schedule that went well."""

from proofs._sim_judge import faults_of

MINE, OTHER = "BC-abc123-100", "BC-abc123-101"
SALES = [(MINE, 9000), (OTHER, 9001)]
LEDGER: dict[str, tuple[str, int | None]] = {MINE: ("posted", 9000), OTHER: ("posted", 9001)}


def wrong(
    sales: list[tuple[str, int]] = SALES,
    ledger: dict[str, tuple[str, int | None]] = LEDGER,
    idle_posts: int = 0,
) -> list[str]:
    """The first word of everything that is told."""
    return [one.partition(":")[0] for one in faults_of({MINE: True, OTHER: True}, sales, ledger, idle_posts)]


def test_a_schedule_that_went_well_is_clean() -> None:
    assert wrong() == []


def test_an_order_that_is_there_twice_is_told() -> None:
    assert wrong(sales=[*SALES, (MINE, 9002)]) == ["duplicate"]


def test_an_order_that_is_not_there_is_told_though_the_ledger_names_it() -> None:
    assert wrong(sales=SALES[:1]) == ["lost"]


def test_an_order_the_ledger_never_heard_of_is_told() -> None:
    assert wrong(sales=SALES[:1], ledger={MINE: LEDGER[MINE]}) == ["lost"]


def test_another_sale_named_by_the_ledger_is_told() -> None:
    assert wrong(ledger=LEDGER | {OTHER: ("posted", 9000)}) == ["misnamed"]


def test_a_sale_that_the_ledger_takes_for_another_hands_is_told() -> None:
    assert wrong(ledger=LEDGER | {OTHER: ("exists", None)}) == ["misnamed"]


def test_a_sale_that_nobody_was_to_post_is_told() -> None:
    assert wrong(sales=[*SALES, ("BC-abc123-7", 9002)]) == ["stranger"]


def test_an_idle_run_that_posts_is_told() -> None:
    assert wrong(idle_posts=1) == ["idle"]


def test_a_cancelled_order_may_be_there_or_not_but_the_ledger_knows() -> None:
    cancelled = {MINE: False}
    sale, named = [(MINE, 9000)], {MINE: ("posted", 9000)}

    assert faults_of(cancelled, sale, named, 0) == faults_of(cancelled, [], {}, 0) == []
    assert [one[:8] for one in faults_of(cancelled, [], named, 0)] == ["misnamed"]
    assert [one[:8] for one in faults_of(cancelled, sale, {MINE: ("ignored", None)}, 0)] == ["misnamed"]
    assert [one[:9] for one in faults_of(cancelled, [*sale, (MINE, 9001)], named, 0)] == ["duplicate"]
