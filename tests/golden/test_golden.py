"""Every golden order, played through the real code, comes to exactly the requests, the outcome and the bridge that its file says."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.clients.bigcommerce_payloads import included
from portal.clients.exact_json import dump, load
from portal.sync.ports import Outcome
from tests.golden.case_files import Case, documents_of, paths, read_case, variations
from tests.golden.replay import plain, play, read_documents

FIFTY = 50

PLAYS = [
    pytest.param(path, variation, id=f"{path.stem} {variation}".strip())
    for path in paths()
    for variation in variations(path)
]


def as_text(value: object) -> str:
    return yaml.safe_dump(plain(value), sort_keys=True, allow_unicode=True, width=200)


def requests_of(case: Case) -> list[dict[str, Any]]:
    """What must be sent for all orders of a case, in ascending order id as a run goes."""
    return [request for expected in case.expected for request in expected["requests"]]


def by_order(case: Case) -> list[tuple[int, dict[str, Any]]]:
    return list(zip((order["order"]["id"] for order in case.orders), case.expected, strict=True))


def outcome_in_words(outcome: Outcome) -> dict[str, object]:
    """An outcome as a file tells it; a part that is not there is left out."""
    told = {
        "state": outcome.state.value,
        "reason": outcome.ignored.value if outcome.ignored else None,
        "problems": [{"code": one.code.value, "sentence": one.sentence} for one in outcome.problems],
    }
    return {name: value for name, value in told.items() if value}


@pytest.mark.parametrize(("path", "variation"), PLAYS)
def test_exactly_the_requests_of_the_file_are_sent(path: Path, variation: str) -> None:
    case = read_case(path, variation)
    assert as_text(play(case).requests) == as_text(requests_of(case))


@pytest.mark.parametrize(("path", "variation"), PLAYS)
def test_each_order_ends_as_the_file_says(path: Path, variation: str) -> None:
    case = read_case(path, variation)
    outcomes = play(case).outcomes
    assert outcomes.keys() == {order_id for order_id, _ in by_order(case)}
    for order_id, expected in by_order(case):
        wanted = {name: expected[name] for name in ("state", "reason", "problems") if name in expected}
        assert as_text(outcome_in_words(outcomes[order_id])) == as_text(wanted)


@pytest.mark.parametrize(("path", "variation"), PLAYS)
def test_the_bridge_is_the_one_of_the_file(path: Path, variation: str) -> None:
    case = read_case(path, variation)
    outcomes = play(case).outcomes
    for order_id, expected in by_order(case):
        bridge = outcomes[order_id].bridge
        spans = bridge.spans if bridge else ()
        found = {span.name: [span.shop, span.books, span.difference] for span in spans}
        assert as_text(found) == as_text(expected.get("bridge", {}))


@pytest.mark.parametrize(("path", "variation"), PLAYS)
def test_the_notes_on_the_order_say_what_the_file_says(path: Path, variation: str) -> None:
    case = read_case(path, variation)
    outcomes = play(case).outcomes
    for order_id, expected in by_order(case):
        notes, wanted = outcomes[order_id].notes, expected.get("notes", [])
        assert len(notes) == len(wanted), notes
        for note, words in zip(notes, wanted, strict=True):
            assert [word for word in words if word not in note] == [], note


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)
def test_the_shorter_way_of_reading_gives_the_same_order_or_is_not_taken(path: Path) -> None:
    """An order that comes with its lines and fees included, cut at fifty lines as the shop does (BC §3)."""
    for order in read_case(path, variations(path)[0]).orders:
        separate = read_documents(documents_of(order))
        given = order["order"] | {"consignments": consignments(order), "fees": order["fees"]}
        found = included(load(dump(given)), separate.order)
        if len(order["products"]) > FIFTY:
            assert found is None
        elif found is not None:
            assert replace(found, coupons=separate.coupons, document="") == replace(separate, document="")


def consignments(order: dict[str, Any]) -> dict[str, object]:
    """The order's lines under its first destination, or as downloads where there is none."""
    lines = {"line_items": order["products"][:FIFTY]}
    if len(order["products"]) > FIFTY:
        lines["__warning__"] = [{"message": "Not all line items of this consignment are returned"}]
    places = [address | lines | {"line_items": []} for address in order["shipping_addresses"]]
    if not places:
        return {"shipping": [], "downloads": [lines]}
    return {"shipping": [places[0] | lines, *places[1:]]}


def test_numbers_are_compared_as_numbers_and_text_as_text() -> None:
    assert plain(Decimal("11.00")) == plain(11) == "number 11"
    assert plain(Decimal("0.00")) == plain(0)
    assert plain("11") != plain(11)
    assert plain(True) is True
    assert plain(Decimal("5.004")) != plain(Decimal("5.00"))
