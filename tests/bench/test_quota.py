"""The sums of `bench quota`, and its bar."""

from dataclasses import astuple
from decimal import Decimal
from typing import Any, ClassVar, cast

import pytest

from bench._quota_sums import evenness, jain, over_a_window, share_used
from bench.quota import FILES, WINDOW, Arrivals, Size, holds
from sandbox.serve import Running

SECOND = 10**9


def test_two_calls_less_than_a_second_apart_are_one_too_many_whatever_their_order() -> None:
    assert over_a_window([2 * SECOND, 0, SECOND, 3 * SECOND - 1], 1, SECOND) == 1
    assert over_a_window([0, SECOND, 2 * SECOND], 1, SECOND) == 0
    assert over_a_window([], 1, SECOND) == 0


def test_a_window_may_begin_anywhere() -> None:
    moments = [0, 8, 9, 11, 12, 13]

    assert over_a_window(moments, 3, 10) == 2  # 11 to 9, 8 and 0 is a whole window; 12 and 13 are not


def test_the_share_is_counted_over_the_whole_phase_and_calls_outside_it_do_not_count() -> None:
    phase = (10 * SECOND, 20 * SECOND)
    steady = [second * SECOND for second in range(10, 20)]

    assert share_used(steady, 1, SECOND, phase) == 1
    assert share_used([*steady, 9 * SECOND, 20 * SECOND], 1, SECOND, phase) == 1
    assert share_used(steady[3:8], 1, SECOND, phase) == Decimal("0.5"), "it stood still before and after"
    assert share_used(steady, 5, 4 * SECOND, phase) == Decimal("0.8")
    assert share_used([], 1, SECOND, phase) == 0


def test_evenness_and_jains_index() -> None:
    assert (evenness([3, 4]), evenness([0, 0])) == (Decimal("0.75"), Decimal(0))
    assert (jain([5, 5, 5]), jain([9, 0, 0, 0]), jain([0])) == (Decimal(1), Decimal("0.25"), Decimal(0))


GOOD: dict[str, Any] = {
    "share_used": {"min": "0.9500"},
    "over": 0,
    "refused_429": 0,
    "phases": {"steady": {"shown": 6}, "wiped": {"shown": 6}},
    "fairness": {"files": "0.9900", "workers": "0.9500"},
    "day": {"calls": 30, "allowed": 30, "workers_stopped": 3},
    "counted": {"7": {"ours": 31, "saasu": 30, "not_sent": 1}, "8": {"ours": 9, "saasu": 9, "not_sent": 0}},
}


@pytest.mark.parametrize(
    "worse",
    [
        {"share_used": {"min": "0.9499"}},
        {"over": 1},
        {"refused_429": 1},
        {"phases": {"steady": {"shown": 6}, "wiped": {"shown": 5}}},
        {"fairness": {"files": "0.8", "workers": "1"}},
        {"fairness": {"files": "1", "workers": "0.8"}},
        {"day": {"calls": 29, "allowed": 30, "workers_stopped": 3}},
        {"day": {"calls": 30, "allowed": 30, "workers_stopped": 2}},
        {"counted": {"7": {"ours": 29, "saasu": 30, "not_sent": 1}}},
        {"counted": {"7": {"ours": 32, "saasu": 30, "not_sent": 1}}},
    ],
)
def test_each_fault_alone_breaks_the_bar(worse: dict[str, Any]) -> None:
    assert holds(GOOD)
    assert not holds(GOOD | worse)


class NoServers:
    """Servers of which nobody asks anything."""

    controls: ClassVar[dict[str, Any]] = {}


def test_a_call_too_many_is_seen_where_its_window_began_in_the_phase_before() -> None:
    arrivals = Arrivals(cast("Running", NoServers()))
    arrivals.found["quotaone"] = [second * SECOND // 10 for second in range(100)]
    arrivals.found[str(FILES[0])] = [0, SECOND]
    assert (arrivals.over(), arrivals.shown()) == (0, 1)

    arrivals.forget()
    arrivals.found["quotaone"] = [second * SECOND // 10 for second in range(100, 151)]
    arrivals.found[str(FILES[0])] = [2 * SECOND - 1]

    assert (arrivals.over(), arrivals.shown()) == (2, 0)


def test_each_phase_lasts_longer_than_two_windows_of_a_shop() -> None:
    assert min(astuple(Size())) > 2 * WINDOW
