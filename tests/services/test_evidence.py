"""What proves that an order was posted once, in sentences; and `python3 -m portal life`, which prints an order's whole life."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, current_app
from sqlalchemy.orm import Session

from portal import cli
from portal.logs import log
from portal.models.connections import Connection
from portal.services.evidence import NOTHING_THERE
from portal.services.life_text import life_lines
from tests.factories import NOON, make_connection, make_order
from tests.proof_lines import LOST, SENT, SETTLED, line, perth_connection, words
from tests.selection_desk import Counter

BRIDGE = [
    {"name": "Total", "shop": "11.00", "books": "11.00", "words": ""},
    {"name": "GST", "shop": "1.00", "books": "1.00", "words": ""},
]


@pytest.fixture
def connection(session: Session) -> Connection:
    return perth_connection(session)


def test_a_posted_order_tells_intent_sending_answer_and_read_back_by_the_files_clock(
    session: Session, connection: Connection
) -> None:
    order = make_order(
        session, connection, 120, "posted", invoice_id=77, bridge=BRIDGE, read_back_at=NOON + timedelta(minutes=1),
        books_total=Decimal("11.00"), books_tax=Decimal("0.99"), **SENT,
    )  # fmt: skip
    line(session, order, "seen")
    line(session, order, "sending", "About to send as SHO120.", 1, number="SHO120", marker="BC-abc-120")
    line(
        session, order, "posted", "", 3,
        invoice_id=77, number="SHO120", left_at=(NOON + timedelta(seconds=2)).isoformat(),
    )  # fmt: skip

    assert words(session, order) == (
        "Sent once. It is transaction 77 in Saasu.",
        [
            "10:00:01 am AWST Written down as SHO120 before it was sent.",
            "10:00:02 am AWST Sent to Saasu.",
            "10:00:03 am AWST Saasu answered: taken as transaction 77, number SHO120.",
            "10:01:00 am AWST Read back from Saasu: total $11.00 ($11.00 expected) and GST $0.99 ($1.00 expected).",
        ],
    )


def test_an_older_row_says_less_and_nothing_wrong(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=77, read_back_at=NOON, **SENT)
    line(session, order, "sending", "About to send as SHO120.")
    line(session, order, "unknown", "broke off", problems=[LOST])
    line(
        session,
        order,
        "posted",
        "The answer was lost; found in Saasu by its marker.",
        invoice_id=77,
        number="SHO120",
    )

    assert words(session, order)[1] == [
        "10:00:00 am AWST Written down as SHO120 before it was sent.",
        "10:00:00 am AWST The answer was lost: broke off",
        "10:00:00 am AWST Looked up in Saasu, because the answer was lost. Found by its marker as transaction 77, number SHO120: it is posted, and was not sent again.",
        "10:00:00 am AWST Read back from Saasu: Saasu’s list does not tell its total.",
    ]


def test_an_order_sent_again_says_that_it_was_looked_up_first_and_until_when_it_settled(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=78, **SENT)
    line(session, order, "sending", "About to send as SHO120.", number="SHO120")
    line(session, order, "unknown", "broke off", 1, problems=[LOST], left_at=NOON.isoformat())
    line(session, order, "unknown", "Not in Saasu yet.", 60, why="lost", sales=1, **SETTLED)
    line(session, order, "seen", "Not in Saasu.", 3600, why="lost", sales=1200, **SETTLED)
    line(session, order, "sending", "About to send as SHO120.", 3601, number="SHO120")
    line(session, order, "posted", "", 3602, invoice_id=78, number="SHO120")

    summary, steps = words(session, order)

    assert summary == (
        "Tried 2 times, again only after it was certain that Saasu had not taken it before. It is transaction 78 in Saasu."
    )
    assert steps == [
        "10:00:00 am AWST Written down as SHO120 before it was sent.",
        "10:00:00 am AWST Sent to Saasu.",
        "10:00:01 am AWST The answer was lost: broke off",
        "10:01:00 am AWST Looked up in Saasu among 1 sale, because the answer was lost. Not there yet; it may still turn up until 22/05/2026 10:02:00 am AWST. Nothing was sent.",
        "11:00:00 am AWST Looked up in Saasu among 1,200 sales, because the answer was lost. Not there, which counts from 22/05/2026 10:02:00 am AWST on: only now may it be sent again.",
        "11:00:01 am AWST Written down as SHO120 before it was sent again (try 2).",
        "11:00:02 am AWST Saasu answered: taken as transaction 78, number SHO120.",
    ]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("died", "because the run ended before an answer was written down."),
        ("taken", "because Saasu said its number was taken."),
        ("first", "because nothing is posted before what Saasu has already is known"),
    ],
)
def test_each_reason_for_a_look_up_has_its_words(
    session: Session, connection: Connection, why: str, said: str
) -> None:
    order = make_order(session, connection, 120, "posted", invoice_id=77, **SENT)
    line(session, order, "posted", "found", invoice_id=77, number="SHO120", why=why)
    summary, steps = words(session, order)
    assert (
        summary == "Never sent from here: Saasu had it already, found by its marker. It was not sent again."
    )
    assert said in steps[0]
    assert "Found by its marker as transaction 77, number SHO120" in steps[0]


def test_a_number_on_somebody_elses_sale_and_a_person_who_asked_again(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "exists", **SENT)
    line(session, order, "unknown", "Asked to retry.")
    line(session, order, "exists", "Saasu has this number on another sale.", why="lost", sales=3)
    assert words(session, order) == (
        "Saasu has its number on another sale. This order was not posted from here.",
        [
            "10:00:00 am AWST Looked up in Saasu among 3 sales, because a person asked to retry it. Its number stands on a sale without its marker, so it was not sent again."
        ],
    )


def test_a_refused_order_says_so_in_saasus_words(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, "failed", turn="you", **SENT)
    refused = {"code": "SAASU_REFUSED", "sentence": "Order #120: Saasu refused it: no", "subject": ""}
    line(session, order, "sending", "About to send as SHO120.")
    line(session, order, "failed", problems=[refused])
    summary, steps = words(session, order)
    assert summary == "Tried 1 time, and Saasu did not take it: no sale there comes from this order."
    assert steps[1].endswith("Saasu answered that it did not take it: Order #120: Saasu refused it: no")


def test_an_order_never_sent_says_so(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, "failed", turn="you")
    line(session, order, "failed", "Unable to find product")
    assert words(session, order) == (NOTHING_THERE, [])


@pytest.mark.parametrize(
    ("next_run", "when"),
    [
        (timedelta(minutes=30), "at 22/05/2026 10:30:00 am AWST"),
        (timedelta(minutes=-1), "now"),
        (None, "now"),
    ],
)
def test_an_order_whose_outcome_is_unknown_says_when_it_is_looked_up_and_why_nothing_is_sent_before(
    session: Session, connection: Connection, next_run: timedelta | None, when: str
) -> None:
    order = make_order(session, connection, 120, "unknown", **SENT)
    connection.next_run_at = NOON + next_run if next_run is not None else None
    session.commit()
    assert words(session, order)[0] == (
        f"Whether Saasu took it is not known. The next run, {when}, looks it up among everything Saasu wrote since it was first sent. "
        "Nothing is sent before: the sale may still turn up until 22/05/2026 10:02:00 am AWST, "
        "and only a complete listing that does not show it after that means that it is not there."
    )


def test_once_it_has_settled_an_order_without_an_answer_says_that_the_next_listing_decides(
    session: Session, connection: Connection
) -> None:
    order = make_order(session, connection, 120, "unknown", **SENT)
    assert words(session, order, NOON + timedelta(seconds=120))[0].endswith(
        "the time in which the sale might still turn up was over at 22/05/2026 10:02:00 am AWST, and that listing decides."
    )


def test_a_number_that_saasu_gives_settles_an_hour_later(session: Session, connection: Connection) -> None:
    order = make_order(session, connection, 120, "unknown", **(SENT | {"number": "<Auto Number>"}))
    assert "may still turn up until 22/05/2026 11:00:00 am AWST" in words(session, order)[0]


# --- the life of an order ----------------------------------------------------------------------------------------------


def here() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def test_a_run_keeps_what_the_proof_tells_and_the_command_prints_the_whole_life(
    shop: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    number = shop.place()
    shop.run()
    order = shop.order(number)
    sent = next(one for one in order.attempts if one.state == "sending")
    taken = next(one for one in order.attempts if one.state == "posted")
    assert (sent.details["marker"], sent.details["fingerprint"]) == (order.marker, order.fingerprint)
    assert sent.at <= datetime.fromisoformat(taken.details["left_at"]) <= taken.at
    expected = list(life_lines(shop.desk.session, order, shop.clock.now()))
    code, marker, transaction, digest = order.store_hash, order.marker, order.invoice_id, order.fingerprint
    shop.desk.session.rollback()

    capsys.readouterr()
    assert cli.main(["life", code, f"#{number}"], here) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == expected
    assert marker == f"BC-{code}-{number}"
    assert f"Marker:                   {marker}" in expected
    assert f"Saasu’s transaction:      {transaction}" in expected
    assert f"Fingerprint:              {digest}" in expected
    assert "  Sent once. It is transaction" in "\n".join(expected)
    told = out.partition("Every line of its history")[2]
    places = [told.index(f"  {state:8}  ") for state in ("seen", "sending", "posted")]
    assert places == sorted(places)
    assert "pat@example.com" not in out and shop.desk.shop.token not in out


def test_the_life_tells_problems_changes_notes_and_who_dealt_with_it(
    session: Session, connection: Connection
) -> None:
    missing = {"code": "ITEM_NOT_FOUND", "sentence": "Order #120: Unable to find product", "subject": "mug"}
    changes = {"at": NOON.isoformat(), "what": ["Status changed"], "means": ["Delete it."], "opened": True}
    order = make_order(
        session, connection, 120, "ignored", ignored_reason="STATUS", turn="you", problems=[missing], changes=changes,
        notes=["A note."], dealt_with_at=NOON, dealt_with_by="Alice", retry_at=NOON, is_deleted=True,
    )  # fmt: skip
    line(session, order, "failed", "not posted", problems=[missing])
    session.refresh(order)
    said = list(life_lines(session, order, NOON))
    for one in (
        "State:                    ignored (STATUS), whose turn: you",
        "Status in the shop:       Awaiting Fulfillment (11), archived",
        "Number in Saasu:          none",
        "Dealt with:               22/05/2026 10:00:00 am AWST by Alice",
        "Tried again:              22/05/2026 10:00:00 am AWST",
        "- Order #120: Unable to find product",
        "- A note.",
        "Changed in the shop, noticed 22/05/2026 10:00:00 am AWST",
        "- Delete it.",
        f"  {NOTHING_THERE}",
        f"  22/05/2026 10:00:00 am AWST  failed    hourly run {order.run_id}: not posted",
        "      ITEM_NOT_FOUND: Order #120: Unable to find product",
    ):
        assert one in said


@pytest.mark.parametrize(
    ("state", "heading", "whose"),
    [
        ("posted", "Proof that it was posted once", ""),
        ("exists", "What is known of its posting", ", of the sale that has this number there, not of this order"),
        ("failed", "What is known of its posting", ""),
    ],
)  # fmt: skip
def test_the_life_claims_a_posting_and_a_total_for_an_order_alone_that_has_them(
    session: Session, connection: Connection, state: str, heading: str, whose: str
) -> None:
    order = make_order(
        session,
        connection,
        121,
        state,
        number="JT121",
        books_total=Decimal("55.00"),
        books_tax=Decimal("5.00"),
    )
    said = list(life_lines(session, order, NOON))
    headings = [one for one in said if "posting" in one or "posted once" in one]
    assert headings == [heading]
    assert f"Total in Saasu:           $55.00{whose}" in said
    assert f"GST in Saasu:             $5.00{whose}" in said


def test_an_order_or_connection_that_is_not_there_is_said_with_exit_status_one(
    session: Session, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_connection(session, connection.file, store_hash="other99")
    make_order(session, other, 120)
    session.commit()
    code, wanted = connection.store_hash, connection.id
    session.rollback()
    assert cli.main(["life", wanted, "121"], here) == 1
    assert f"The ledger has no order #121 of {code} in Jam Tin Pty Ltd" in capsys.readouterr().err
    assert cli.main(["life", wanted, "120"], here) == 1
    assert "no order #120" in capsys.readouterr().err
    assert cli.main(["life", "nothere", "120"], here) == 1
    assert capsys.readouterr().err == (
        "There is no connection nothere. `python3 -m portal connections` lists those there are, with their ids.\n"
    )


def test_a_command_answers_on_standard_output_and_logs_beside_it(
    shop: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.place()
    code = shop.connection.store_hash
    shop.desk.session.rollback()
    capsys.readouterr()
    assert cli.main(["sync", code], here) == 0
    said = capsys.readouterr()
    assert re.fullmatch(
        r".+: finished; \d+ looked at: \d+ posted, 0 failed(, .+)?\. Orders of the last two minutes are read by the next run\.\n",
        said.out,
    )
    assert '"event": "run ended"' in said.err
    log().info("afterwards")
    assert '"event": "afterwards"' in capsys.readouterr().out
