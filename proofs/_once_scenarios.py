"""The scenarios of `prove exactly-once`, enumerated from the points that one clean run of each kind reaches."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

POST = "saasu POST /Invoice"
LATE_WITHIN = 0.15
LATE_AFTER_A_LOOK = 2.5
"""Real seconds; the sale is then written after the next worker looked for it, before the settle time is over by our clocks."""
LATENESS = (0.2, 0.5, 0.8, 1.2)
"""Real seconds; a scenario is over within about one, so that these fall before, among and after the later runs."""
SLOW = 0.05
HANG = 0.5
PAIRS = 160
ON_POSTGRESQL = "postgresql"
"""The kind of those that are played on PostgreSQL."""
Fault = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What goes wrong. `kills`: at which point the first worker and its successors die; `halt`: at which the first one stops.

    `halted_for`: rounds of other workers until it goes on. `late`: the place of the order whose sale is written late, within the
    settle time, waited for after worker number `late_turn`; `unique`: whether Saasu refuses a number it has.
    """

    name: str
    kind: str
    auto: bool = False
    unique: bool = False
    faults: tuple[Fault, ...] = ()
    kills: tuple[int, ...] = ()
    halt: int = 0
    halted_for: int = 1
    late: int | None = None
    late_turn: int = 0
    waits: float = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the clean run: its name, how many of that name came before it, the number of the point before it is sent."""

    name: str
    nth: int
    point: int

    @property
    def short(self) -> str:
        """The call as a scenario's name has it."""
        return f"{self.name.replace(' ', '-')}.{self.nth + 1}"

    def fault(self, fault: str, *, times: int = 1, **more: Any) -> Fault:
        """Order a fault at this very call; `saasu` says at which server."""
        remote, method, path = self.name.split(" ", 2)
        return {
            "saasu": remote == "saasu",
            "match": {"method": method, "path": path},
            "fault": fault,
            "skip": self.nth,
            "times": times,
            **more,
        }


def calls_of(points: Sequence[str]) -> list[Call]:
    """The calls of a clean run, in order."""
    seen: Counter[str] = Counter()
    found = []
    for number, point in enumerate(points, start=1):
        verb, _, name = point.partition(" ")
        if verb == "before" and name.startswith(("saasu ", "shop ")):
            found.append(Call(name, seen[name], number))
            seen[name] += 1
    return found


def every_scenario(numbered: Sequence[str], auto: Sequence[str]) -> list[Scenario]:
    """All of them, in the same order every time."""
    found: list[Scenario] = []
    for is_auto, points in ((False, numbered), (True, auto)):
        calls = calls_of(points)
        posts = [call for call in calls if call.name == POST]
        found += kills(points, is_auto)
        found += pairs(points, is_auto, PAIRS * 3 // 4 if not is_auto else PAIRS // 4)
        found += post_faults(posts, is_auto)
        found += call_faults([call for call in calls if call.name != POST], is_auto)
        found += faults_and_kills(posts, is_auto)
        found += storms(is_auto)
        found += halts(points, posts, is_auto)
    return [*found, *late_commits(calls_of(numbered))]


def on_postgresql(points: Sequence[str]) -> list[Scenario]:
    """What is played on PostgreSQL: around the posts first, then death at every kind of point there is.

    Saasu refuses a number that it has in one half of them.
    """
    posts = [call for call in calls_of(points) if call.name == POST]
    second = posts[min(1, len(posts) - 1)]
    found = [one for unique in (False, True) for one in around(second, unique)]
    kinds: dict[str, list[int]] = {}
    for number, name in enumerate(points, start=1):
        kinds.setdefault(name, []).append(number)
    for place, numbers in enumerate(kinds.values()):
        number = numbers[len(numbers) // 2]
        # A point's two sides stand beside each other: each is met with and without the check, as the kinds go by.
        found.append(postgresql(f"kill/{number}", unique=(place + place // 2) % 2 == 1, kills=(number,)))
    return found


def around(post: Call, unique: bool) -> Iterator[Scenario]:
    """Around one post: death after its answer, its answer lost and the one who looks it up dead, and its intent held past the lease."""
    answered = post.point + 1
    yield postgresql(f"post/{answered}", unique, kills=(answered,))
    yield postgresql("lost", unique, faults=(post.fault("reset_after"),), kills=successors(False, 4))
    yield postgresql(f"halt/{post.point - 1}", unique, halt=post.point - 1)


def postgresql(name: str, unique: bool, **more: Any) -> Scenario:
    """One of those."""
    whole = f"postgresql/{name}{'-unique' if unique else ''}"
    return Scenario(name=whole, kind=ON_POSTGRESQL, unique=unique, **more)


def way(is_auto: bool) -> str:
    """How an order is numbered, as the scenarios' names have it."""
    return "auto" if is_auto else "number"


def kills(points: Sequence[str], is_auto: bool) -> Iterator[Scenario]:
    """Death at every single point."""
    for number in range(1, len(points) + 1):
        yield Scenario(name=f"{way(is_auto)}/kill/{number}", kind="kill", auto=is_auto, kills=(number,))


ENDING = 8
"""Points at the end of a run after which there may be nothing left for a successor to die at."""


def pairs(points: Sequence[str], is_auto: bool, count: int) -> Iterator[Scenario]:
    """Death at one point, and of the successor at another; a spread that covers both axes evenly."""
    most = len(points)
    for number in range(count):
        first = 1 + number * (most - ENDING) // count
        # What is certainly left to do for the successor: some of it was done before the first one died.
        left = max(6, (most - first) * 4 // 5)
        second = 1 + (number * 61_803 // 1_000) % left
        name = f"{way(is_auto)}/kill-kill/{first}-{second}"
        yield Scenario(name=name, kind="kill_kill", auto=is_auto, kills=(first, second))


STATUSES = (500, 502, 503, 504, 408, 409, 423)


def post_faults(posts: Sequence[Call], is_auto: bool) -> Iterator[Scenario]:
    """Every fault there is, at each post of an invoice."""
    plain: list[tuple[str, Fault]] = [
        ("reset_before", {}),
        ("reset_after", {}),
        ("cut", {}),
        ("malformed", {}),
        ("html", {}),
        ("html", {"commit": True}),
        ("slow", {"seconds": SLOW}),
        ("timeout", {"seconds": HANG}),
        ("timeout", {"seconds": HANG, "commit": True}),
        ("throttle", {}),
        ("throttle", {"headers": {"Retry-After": "2"}}),
        ("duplicate_rows", {}),
        ("reorder_rows", {}),
        ("late_commit", {"seconds": LATE_WITHIN}),
    ]
    plain += [(name, {"status": status}) for name in ("error_before", "error_after") for status in STATUSES]
    for place, post in enumerate(posts):
        for fault, more in plain:
            words = "-".join([fault, *(str(value) for value in more.values() if not isinstance(value, dict))])
            yield Scenario(
                name=f"{way(is_auto)}/post/{place + 1}/{words}{'-asked' if 'headers' in more else ''}",
                kind="post_fault",
                auto=is_auto,
                faults=(post.fault(fault, **more),),
                late=place if fault == "late_commit" else None,
            )


def call_faults(calls: Sequence[Call], is_auto: bool) -> Iterator[Scenario]:
    """At every other call three faults of the list in turn, so that each fault meets every sort of call."""
    kinds: list[tuple[str, Fault]] = [
        ("reset_before", {}),
        ("error_before", {"status": 500}),
        ("reset_after", {}),
        ("timeout", {"seconds": HANG}),
        ("error_after", {"status": 503}),
        ("cut", {}),
        ("throttle", {}),
        ("malformed", {}),
        ("duplicate_rows", {}),
        ("html", {}),
        ("reorder_rows", {}),
        ("error_before", {"status": 409}),
        ("throttle", {"headers": {"Retry-After": "2"}}),
        ("slow", {"seconds": SLOW}),
        ("error_after", {"status": 408}),
        ("timeout", {"seconds": HANG, "commit": True}),
        ("error_before", {"status": 504}),
    ]
    turn = cycle(kinds)
    for call in calls:
        for times in (1, 3, 1):
            fault, more = next(turn)
            words = "-".join([f"{fault}x{times}", *(str(it) for it in more.values() if isinstance(it, int))])
            yield Scenario(
                name=f"{way(is_auto)}/call/{call.short}/{words}",
                kind="call_fault",
                auto=is_auto,
                faults=(call.fault(fault, times=times, **more),),
            )


def faults_and_kills(posts: Sequence[Call], is_auto: bool) -> Iterator[Scenario]:
    """A fault at a post, and death a few points later, or of the successor."""
    ways: list[tuple[str, Fault]] = [
        ("reset_after", {}),
        ("timeout", {"seconds": HANG, "commit": True}),
        ("error_after", {"status": 500}),
        ("late_commit", {"seconds": LATE_WITHIN}),
    ]
    for place, post in enumerate(posts):
        for fault, more in ways:
            for kills_at in (
                (post.point + 1,),
                (post.point + 3,),
                successors(is_auto, 2),
                successors(is_auto, 4),
            ):
                looked = fault == "late_commit" and kills_at[0] > 0
                given = {"seconds": LATE_AFTER_A_LOOK} if looked else more
                yield Scenario(
                    name=f"{way(is_auto)}/post-and-kill/{place + 1}/{fault}/{'-'.join(map(str, kills_at))}",
                    kind="fault_kill",
                    auto=is_auto,
                    faults=(post.fault(fault, **given),),
                    kills=kills_at,
                    late=place if fault == "late_commit" else None,
                    late_turn=int(looked),
                )


def successors(is_auto: bool, point: int) -> tuple[int, ...]:
    """Death at that point of the worker that looks a lost order up: with a number of ours the third one, else the one an hour later."""
    return (0, 0, 0, point) if is_auto else (0, 0, point)


def storms(is_auto: bool) -> Iterator[Scenario]:
    """So many calls refused as too many, at either remote, and at the posts alone."""
    for count in (1, 2, 3, 5):
        for saasu, match in ((True, {}), (False, {}), (True, {"method": "POST", "path": "/Invoice"})):
            for skip in (0, 2):
                fault = {"saasu": saasu, "match": match, "fault": "throttle", "times": count, "skip": skip}
                where = "post" if match else "saasu" if saasu else "shop"
                name = f"{way(is_auto)}/storm/{where}-{count}-{skip}"
                yield Scenario(name=name, kind="storm", auto=is_auto, faults=(fault,))


def halts(points: Sequence[str], posts: Sequence[Call], is_auto: bool) -> Iterator[Scenario]:
    """A worker held up past its lease, a second one that takes over, and the first going on.

    It holds no lock while it is held. Between the age check and the kernel's sending it is held within the settle time only.
    """
    for number, point in enumerate(points, start=1):
        if not point.startswith("before the commit") and number % 4 == 0:
            yield Scenario(name=f"{way(is_auto)}/halt/{number}", kind="halt", auto=is_auto, halt=number)
    for post in posts:
        # The point before the call is the one after its intent was committed: the age check is still to come.
        for rounds in (1, 2, 3):
            name = f"{way(is_auto)}/halt-intent/{post.point - 1}-{rounds}"
            yield Scenario(name=name, kind="halt", auto=is_auto, halt=post.point - 1, halted_for=rounds)
        yield Scenario(
            name=f"{way(is_auto)}/halt-post/{post.point}", kind="halt", auto=is_auto, halt=post.point
        )


def late_commits(calls: Sequence[Call]) -> Iterator[Scenario]:
    """Sales written after any time, while Saasu refuses a number that it has."""
    for place, post in enumerate([call for call in calls if call.name == POST]):
        for seconds in LATENESS:
            yield Scenario(
                name=f"unique/late/{place + 1}-{seconds}",
                kind="late_unique",
                unique=True,
                faults=(post.fault("late_commit", seconds=seconds),),
                waits=seconds,
            )
        for fault in ("reset_after", "error_after", "cut"):
            yield Scenario(
                name=f"unique/post/{place + 1}/{fault}",
                kind="late_unique",
                unique=True,
                faults=(post.fault(fault),),
            )
