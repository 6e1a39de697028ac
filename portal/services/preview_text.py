"""A preview as plain text, for the command line: the sentence, both sides, what it would take, the check-list; or one order."""

from collections.abc import Iterator
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

from portal.money import cents, dollars
from portal.services.preview_orders import OrderPreview
from portal.services.preview_reports import Report
from portal.sync.checklist import Sum
from portal.sync.forecast import counted, in_words
from portal.sync.previewing import Verdict
from portal.sync.problems import REASONS

VERDICTS = {
    Verdict.WOULD_POST: "It would be posted.",
    Verdict.PROBLEM: "It would be held back:",
    Verdict.IGNORED: "It would be left out:",
    Verdict.POSTED: "It is posted already. Posted now, it would be:",
    Verdict.EXISTS: "Saasu has its number already. Posted now, it would be:",
    Verdict.UNSETTLED: "It was sent and its answer was lost: it is looked up first. Posted now, it would be:",
}


def period_lines(report: Report, zone: ZoneInfo) -> Iterator[str]:
    """A preview of some days, line by line; dates in the file's zone."""
    figures = report.figures
    yield f"{report.sentence}."
    if not figures.orders:
        return
    yield ""
    yield f"{'':24}{'orders':>8}{'BigCommerce':>18}{'Saasu':>18}{'difference':>12}"
    posted = figures.would_post
    yield f"{sums('Would post', posted)}{dollars(posted.books):>18}{dollars(posted.difference):>12}"
    parts = (
        ("Held back by a problem", figures.held_back),
        ("There already", figures.there),
        ("Left out by a rule", figures.left_out),
    )
    yield from (sums(name, part) for name, part in parts if part.orders)
    yield ""
    yield report.forecast.words(zone)
    if report.checks:
        yield ""
        yield "To do before the first real post:"
    for check in report.checks:
        count = len(check.orders)
        yield f"- {check.heading}: {count:,} {'order' if count == 1 else 'orders'}, {dollars(check.dollars)}. {check.meaning.to_do}"
    if report.left_out:
        yield ""
        yield "Left out by a rule:"
    for reason, part in report.left_out:
        yield f"- {part.orders:,} {'order' if part.orders == 1 else 'orders'}: {REASONS[reason].why}"


def sums(name: str, part: Sum) -> str:
    """A line of the table of sums as far as the shop goes."""
    return f"{name:24}{part.orders:>8,}{dollars(part.shop):>18}"


def order_lines(found: OrderPreview) -> Iterator[str]:
    """One order as it would be posted, line by line."""
    yield f"Order #{found.tally.order_id}, {dollars(found.tally.total)} {found.tally.currency}, status {found.status}. {VERDICTS[found.verdict]}"
    yield from (f"- {problem.sentence}" for problem in found.problems)
    if found.tally.ignored is not None:
        yield f"- {REASONS[found.tally.ignored].why}"
    if found.bridge:
        yield ""
        yield f"{'':12}{'BigCommerce':>14}{'Saasu':>14}  explained"
    for span in found.bridge:
        shop, books = (dollars(Decimal(span[side])) for side in ("shop", "books"))
        yield f"{span['name']:12}{shop:>14}{books:>14}  {span['words']}".rstrip()
    if found.sale:
        yield ""
        yield f"Sale Order {found.sale['number']} of {found.sale['on']}, purchase order number {found.sale['marker']}"
        for line in found.sale["lines"]:
            off = f" less {line['discount']} %" if line["discount"] != "0" else ""
            code = line["tax_code"] or "no tax code"
            amounts = f"{price(Decimal(line['price']))}{off} = {dollars(Decimal(line['amount']))}"
            yield f"- {line['quantity']} × {line['item']} at {amounts} ({code}): {line['description']}"
        yield from found.contacts.sentences
        if found.contacts.problem is not None:
            yield f"Saasu could not be asked about the customer: {found.contacts.problem.sentence}"
    yield from (f"Note: {note}" for note in found.notes)


def price(exact: Decimal) -> str:
    """A price per piece to the cent, or as fine as it is: `$27.50`, `$12.3456`."""
    return dollars(exact) if exact == cents(exact) else f"{'−' if exact < 0 else ''}${abs(exact):,f}"


def effort_line(saasu_calls: int, shop_calls: int, seconds: float) -> str:
    """What making a preview took: its calls by remote, and the time."""
    calls = f"{counted(saasu_calls, 'Saasu call')} and {counted(shop_calls, 'BigCommerce call')}"
    return f"This preview used {calls}, and took {in_words(ceil(seconds))}."
