"""`python3 -m portal preview`: the summary, the check-list and the figures as text; a sentence for what cannot be."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from portal import cli
from portal.models.connections import SaasuFile
from portal.models.orders import Order
from portal.services import operations
from portal.services.operations import OperationFailed
from portal.services.preview_orders import preview_number
from portal.services.preview_text import order_lines, price
from portal.services.runs import SystemClock
from tests.factories import make_connection, make_firm
from tests.preview_desk import today, writes_to_saasu
from tests.sandbox_desk import LONG_AGO, Desk
from tests.services.test_preview_orders import place


def app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def said(desk: Desk, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit status and what the command wrote, without the lines of the log."""
    desk.session.rollback()  # the command has a session of its own
    capsys.readouterr()
    status = cli.main(["preview", *words], app)
    out, err = capsys.readouterr()
    return status, "\n".join(line for line in out.splitlines() if not line.startswith("{")), err


def test_a_period_is_told_as_text_and_nothing_is_written(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.connect()
    begin = (today() - LONG_AGO).isoformat()

    status, out, _ = said(desk, capsys, desk.shop.hash, "--from", begin, "--to", today().isoformat())

    count = len(desk.shop_totals())
    assert status == 0
    assert out.splitlines()[0].startswith(f"{count} orders: ")
    assert "- No Saasu item has the code sh-hoodie-with-logo: 1 order, $" in out
    assert "Saasu calls:" in out
    assert out.splitlines()[3].startswith("Would post ") and out.splitlines()[3].endswith(" $0.00")
    assert writes_to_saasu(desk) == Counter()
    assert desk.session.scalar(select(func.count(Order.id))) == 0


def test_without_days_it_goes_from_orders_from_to_today(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = desk.connect()
    status, _, err = said(desk, capsys, connection.id)
    assert (status, "Say from which day: --from 2026-07-01." in err) == (1, True)

    connection.orders_from = today()
    desk.session.commit()
    place(desk, created=f"{datetime.now(UTC) - timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}")

    status, out, _ = said(desk, capsys, connection.id)

    assert status == 0
    assert " would post" in out.splitlines()[0]


def test_a_period_without_orders_is_told_in_a_sentence(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = desk.connect()

    status, out, _ = said(desk, capsys, connection.id, "--from", "2020-01-01", "--to", "2020-01-02")

    assert (status, out.splitlines()[:2]) == (0, ["No orders in this period.", ""])


def test_one_order_is_told_with_its_sale_and_its_contact(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = desk.connect()
    number = place(desk)

    status, out, _ = said(desk, capsys, connection.id, "--order", f"#{number}")

    assert status == 0
    assert out.splitlines()[0] == (
        f"Order #{number}, $55.00 AUD, status Awaiting Fulfillment. It would be posted."
    ) or out.splitlines()[0].endswith("It would be posted.")
    assert f"Sale Order SHO{number} of " in out
    assert "- 2 × JY-CAP-02 at $27.50 = $55.00 (G1): Canvas Cap" in out
    assert "Would create contact Jo Smith, jo@example.com." in out
    total = next(line for line in out.splitlines() if line.startswith("Total "))
    assert total.split()[:3] == ["Total", "$55.00", "$55.00"]


def test_a_preview_says_which_calls_it_used_and_how_long_it_took(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = desk.connect()
    number = place(desk)

    for words in (("--order", str(number)), ("--from", today().isoformat())):
        before = [sum(desk.calls(remote).values()) for remote in ("saasu", "bigcommerce")]
        _, out, _ = said(desk, capsys, connection.id, *words)
        after = [sum(desk.calls(remote).values()) for remote in ("saasu", "bigcommerce")]

        told = re.fullmatch(
            r"This preview used (\d+) Saasu calls? and (\d+) BigCommerce calls?, and took \d+ seconds?\.",
            out.splitlines()[-1],
        )
        assert told is not None, out
        assert [int(count) for count in told.groups()] == [a - b for a, b in zip(after, before, strict=True)]
        assert min(a - b for a, b in zip(after, before, strict=True)) > 0


@pytest.mark.parametrize(
    ("amount", "told"),
    [("27.5", "$27.50"), ("1212", "$1,212.00"), ("12.3456", "$12.3456"), ("-0.125", "−$0.125")],
)
def test_a_price_is_told_to_the_cent_or_as_fine_as_it_is(amount: str, told: str) -> None:
    assert price(Decimal(amount)) == told


@pytest.mark.parametrize("text", ["1/7/2026", "01/07/2026", "2026-07-01"])
def test_a_day_is_read_as_iso_or_as_australians_write_it(text: str) -> None:
    assert cli.day(text) == date(2026, 7, 1)


def test_an_order_that_is_held_back_or_left_out_says_why(desk: Desk) -> None:
    connection = desk.connect()

    def lines(number: int) -> list[str]:
        found = preview_number(desk.session, desk.outside, connection, number, SystemClock())
        assert found is not None
        return list(order_lines(found))

    held, cancelled = (
        place(desk, lines=[{"sku": "X-1", "name": "X", "price": "1.00"}]),
        place(desk, status_id=5),
    )

    assert f"- Order #{held}: Unable to find product with BigCommerce sku/code=X-1" in lines(held)
    assert lines(cancelled)[0].endswith("It would be left out:")
    assert lines(cancelled)[1].startswith("- Its status in the shop is not one of those")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere", "--from", "2026-01-01"), "There is no connection nowhere."),
        (("HERE", "--from", "2999-01-01"), "Choose a first day that is not in the future."),
        (("HERE", "--order", "999999"), "BigCommerce has no order #999999 in the shop"),
    ],
)
def test_what_cannot_be_previewed_is_told_in_a_sentence(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    here = desk.connect().id

    status, _, err = said(desk, capsys, *(here if word == "HERE" else word for word in words))

    assert (status, told in err, "Traceback" in err) == (1, True, False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("x", "--from", "31/6/2026"),
            "'31/6/2026' is not a day; write the first of July as 2026-07-01 or 1/7/2026",
        ),
        (
            ("x", "--to", "7-1-2026"),
            "'7-1-2026' is not a day; write the first of July as 2026-07-01 or 1/7/2026",
        ),
        (("x", "--from", "2026-02-01", "--order", "5"), "Give either days or one order, not both."),
        (("x", "--order", "ten"), "'ten' is not the number of an order; write digits alone"),
        (("x", "--order", "9" * 30), "is not the number of an order"),
    ],
)
def test_a_slip_of_the_pen_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.read(["preview", *words])

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_refused_token_is_told_in_a_sentence(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    connection = desk.connect(access_token="revoked")

    for words in (("--from", "2026-01-01"), ("--order", "100")):
        status, _, err = said(desk, capsys, connection.id, *words)
        assert (status, "BigCommerce refused the Access Token." in err) == (1, True)


def test_a_shop_code_that_two_connections_share_is_told_with_their_ids(desk: Desk) -> None:
    mine = desk.connect()
    firm = make_firm(desk.session, "Banksia Books")
    file = SaasuFile(
        firm_id=firm.id, login_id=desk.file.login_id, file_id=99, name="Other books", currency="AUD", created_at=datetime.now(UTC),
    )  # fmt: skip
    desk.session.add(file)
    other = make_connection(desk.session, file, desk.shop.hash)

    with pytest.raises(OperationFailed, match="Several connections have the Shop Code") as refused:
        operations.the_connection(desk.session, desk.shop.hash)

    assert mine.id in str(refused.value) and other.id in str(refused.value)
    assert operations.the_connection(desk.session, mine.id) is mine
