"""What a preview found: the sentence, both sides, the check-list, and what posting it would cost from now on."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import mirrors
from portal.budget import allowance_of
from portal.ledger.after_posting import standing_of
from portal.models.connections import SaasuFile
from portal.models.previews import Preview, PreviewedOrder
from portal.models.runs import OPEN
from portal.services.preview_rows import tallies
from portal.services.remotes import Outside
from portal.sync.checklist import Check, Figures, Month, Sum, checklist, figures, months, sentence, summed
from portal.sync.forecast import Forecast, Work
from portal.sync.likeness import Likely, likely_item
from portal.sync.previewing import Tally, Verdict
from portal.sync.problems import Code, Ignored
from portal.sync.shapes import Shape

LOOKED_FOR = 20
"""Missing SKUs for which a likely item is looked for, those that hold most orders back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a preview found so far, every order once; and what posting it would cost from now on.

    `left_out` are the orders that a rule leaves out, by the rule, the largest first; `likely` the items that missing SKUs most likely
    mean, by the SKU as the check-list has it, once the preview is made.
    """

    sentence: str
    figures: Figures
    months: tuple[Month, ...]
    checks: tuple[Check, ...]
    left_out: tuple[tuple[Ignored, Sum], ...]
    forecast: Forecast
    likely: dict[str, Likely]


def report_of(session: Session, outside: Outside, preview: Preview) -> Report:
    """What a preview found so far."""
    file = preview.run.connection.file
    rows = tallies(session, preview.run_id)
    shapes = len(Shape) - len(standing_of(session, file.id).proved)
    checks = checklist(rows)
    return Report(
        sentence=sentence(rows),
        figures=figures(rows),
        months=months(rows, ZoneInfo(file.time_zone)),
        checks=checks,
        likely={} if preview.run.state in OPEN else likely_items(session, file.id, checks),
        left_out=left_out(rows),
        forecast=Forecast(
            work=work_of(session, preview.run_id, file, shapes),
            per_second=outside.settings.saasu_calls_per_second,
            given=allowance_of(session, file, outside.now()),
            now=outside.now(),
        ),
    )


def likely_items(session: Session, file_pk: str, checks: Sequence[Check]) -> dict[str, Likely]:
    """The items that the first missing SKUs of a check-list most likely mean, as the file's items were last read."""
    skus = [check.subject for check in checks if check.code is Code.ITEM_NOT_FOUND][:LOOKED_FOR]
    if not skus:
        return {}
    items = mirrors.catalogue(session, file_pk).items
    found = {sku: likely_item(sku, items) for sku in skus}
    return {sku: likely for sku, likely in found.items() if likely is not None}


def left_out(rows: list[Tally]) -> tuple[tuple[Ignored, Sum], ...]:
    """The orders that a rule leaves out, by the rule, the largest first."""
    found = [
        (reason, summed(row for row in rows if row.ignored is reason))
        for reason in {row.ignored for row in rows if row.ignored is not None}
    ]
    return tuple(sorted(found, key=lambda pair: (-pair[1].orders, pair[0])))


def work_of(session: Session, run_id: str, file: SaasuFile, shapes: int) -> Work:
    """The Saasu calls that posting a preview's orders would take, by purpose; `shapes` are those the file has not proved.

    Where there is a copy of the file's contacts, none is looked up.
    """
    found = session.scalars(
        select(PreviewedOrder.sought).where(
            PreviewedOrder.run_id == run_id, PreviewedOrder.verdict == Verdict.WOULD_POST
        )
    ).all()
    writes: dict[str, int] = {}
    for digest, calls in (contact for sought in found for contact in sought):
        writes[digest] = max(calls, writes.get(digest, 0))
    look_ups = sum(map(len, found)) if file.contacts_read_to is None else 0
    return Work(posts=len(found), look_ups=look_ups, writes=sum(writes.values()), shapes=shapes)
