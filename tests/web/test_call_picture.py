"""A file's page shows its Saasu calls of the last 24 hours: by the hour and by purpose, what is left and why, and when it goes on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.budget import count_call, keep_block
from portal.models.accounts import Firm
from portal.models.connections import Connection, SaasuFile
from portal.models.mirrors import CallCount
from portal.models.runs import RunKind, RunState
from portal.services import call_picture
from portal.sync.allowance import Allowance
from portal.sync.blocking import Block
from portal.web.filters import share
from tests.cast import Cast, Member
from tests.factories import NOON, make_backfill, make_connection, make_file, make_order, make_run
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
HOUR = timedelta(hours=1)
SHEET = Path(__file__).parents[2] / "static" / "css" / "portal.css"


@pytest.fixture
def file_id(rows: Rows, cast: Cast) -> str:
    """A file of Acacia with a plan of 6,000 calls, half of them ours."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        file.subscription = "Medium"
        session.commit()
        return file.id


def called(session: Session, file_id: str, purpose: str, calls: int, hours_ago: int = 0) -> None:
    """Calls to the file, counted in one hour."""
    file = session.get_one(SaasuFile, file_id)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR * hours_ago
    session.add(CallCount(account=f"saasu:{file.file_id}", hour=hour, purpose=purpose, calls=calls))
    session.commit()


def ran(session: Session, connection: Connection, kind: RunKind, calls: int, hours_ago: int = 1) -> None:
    """A finished run that made some calls to Saasu."""
    run = make_run(session, connection, kind, datetime.now(UTC) - HOUR * hours_ago)
    run.state, run.saasu_calls = RunState.FINISHED, calls
    session.commit()


def page_of(client: FlaskClient, file_id: str) -> str:
    answer = client.get(f"/files/{file_id}/allowance")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def words_of(page: str) -> str:
    """What a page says, in one line; the words within the picture as well."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def free_at(hours_ago: int) -> str:
    """When the calls of an hour come free: 24 hours after its end, in Sydney."""
    zone = ZoneInfo("Australia/Sydney")
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0) - HOUR * hours_ago
    there = (hour + 25 * HOUR).astimezone(zone)
    days = (there.date() - now.astimezone(zone).date()).days
    day = ("", " tomorrow", f" on {there:%A}")[days]
    return f"{there.hour % 12 or 12} {'am' if there.hour < 12 else 'pm'}{day}"


def test_what_is_used_comes_free_first_by_its_oldest_hour_and_wholly_by_its_last(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 1412, hours_ago=20)
        called(session, file_id, "post", 30, hours_ago=7)
        called(session, file_id, "items", 5, hours_ago=7)
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert (
        f"Left for the hourly runs 1,553 1,412 more come free by {free_at(20)}, all by {free_at(7)} Left for older orders"
        in words
    )


@pytest.mark.parametrize(
    ("hour", "told"),
    [(-13, "1 am"), (-14, "12 am"), (-15, "11 pm yesterday"), (9, "11 pm"), (10, "12 am tomorrow"), (34, "12 am on Sunday")],
)  # fmt: skip
def test_an_hour_is_named_with_its_day_where_that_is_not_today(hour: int, told: str) -> None:
    now = NOON + 2 * HOUR  # Friday, 2 pm in Sydney
    picture = call_picture.CallPicture(
        bars=(), given=Allowance(allowed=10), limit=20, elsewhere=0, block=None, goes_on=None, backfills=(),
        now=now, zone=ZoneInfo("Australia/Sydney"),
    )  # fmt: skip
    assert picture.hour_words(now + hour * HOUR) == told
    assert picture.free_again == ""


def test_the_first_hour_of_the_picture_names_its_day_so_that_it_is_not_taken_for_the_last(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 1)
    page = page_of(sign_in(cast.alice), file_id)
    labels = re.findall(r"<span>([^<]+)</span>", page.partition('class="call-hours"')[2].partition("</p>")[0])
    assert [" yesterday" in label for label in labels] == [True, False, False, False, False]
    assert labels[-1] == "now"
    assert (
        "Plans, as Saasu publishes them (Growing with fewer than Small): Small 4,000, Growing 3,000" in page
    )


def test_a_file_that_called_nothing_says_so_and_draws_nothing(
    cast: Cast, sign_in: SignIn, file_id: str
) -> None:
    page = page_of(sign_in(cast.alice), file_id)
    assert "No calls in the last 24 hours" in words_of(page)
    assert "call-bars" not in page
    assert "Used 0 Allowed a day 3,000 half of the 6,000 of its plan, “Medium”" in words_of(page)


def test_calls_are_shown_by_the_hour_and_by_purpose_and_add_up(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 30)
        called(session, file_id, "contacts", 20)
        called(session, file_id, "contact", 5)
        called(session, file_id, "something new", 1)
        called(session, file_id, "taxcodes", 4, hours_ago=3)
        called(session, file_id, "read back", 2, hours_ago=24)
        called(session, file_id, "post", 500, hours_ago=25)
    page = page_of(sign_in(cast.alice), file_id)
    words = words_of(page)
    assert "Used 62" in words
    for line in (
        "Posting orders 30 48 %", "Customers 25 40 %", "Items and tax codes 4 6 %",
        "Reading back 2 3 %", "Other 1 2 %", "All 62 100 %",
    ):  # fmt: skip
        assert line in words
    assert "56 calls: posting orders 30, customers 25, other 1" in words
    assert page.count('class="call-hour"') == 25
    assert "style=" not in page.partition("<main")[2]


def test_the_bars_are_as_high_as_their_calls(cast: Cast, sign_in: SignIn, rows: Rows, file_id: str) -> None:
    with rows() as session:
        called(session, file_id, "post", 60)
        called(session, file_id, "items", 20)
    page = page_of(sign_in(cast.alice), file_id)
    drawn = re.findall(
        r'class="call-(posting|items)" x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', page
    )
    assert [(kind, y, height) for kind, _, y, height in drawn] == [
        ("posting", "80.0", "120.0"),
        ("items", "40.0", "40.0"),
    ]
    assert drawn[0][1] == drawn[1][1]


def test_every_purpose_that_is_drawn_has_its_colour_in_both_schemes() -> None:
    css = SHEET.read_text()
    for kind in call_picture.KINDS:
        assert css.count(f"--call-{kind}: ") == 2
        assert f".call-{kind} {{ fill: var(--call-{kind}); }}" in css


def test_a_file_alone_with_its_plan_given_says_why_so_many_are_allowed(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        file = session.get_one(SaasuFile, file_id)
        file.daily_calls, file.sole_user = 1000, True
        connection = make_connection(session, file)
        ran(session, connection, RunKind.HOURLY, 200)
        session.commit()
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert "800 80 % of the 1,000 you gave for the plan, since nothing else uses its API" in words
    assert (
        "they stop 300 short of what is allowed: 1.5 times the busiest day of the hourly runs in the last seven (200 calls)"
        in words
    )
    assert "other programs" not in words


def test_every_label_is_its_own_and_the_other_programs_are_told_once_beside_the_number(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 10)
    page = page_of(sign_in(cast.alice), file_id)
    labels = re.findall(r"<dt>([^<]+)</dt>", page)
    assert labels == [
        "Used", "Allowed a day", "Left for the hourly runs", "Left for older orders and previews",
    ]  # fmt: skip
    words = words_of(page)
    told = free_at(0)
    assert words.count("other programs") == 1
    assert (
        "Allowed a day 3,000 half of the 6,000 of its plan, “Medium”. The other half is for other programs: Saasu counts "
        "theirs and ours together, and theirs cannot be seen here Left for the hourly runs 2,990 "
        f"10 more come free by {told} Left for older orders and previews 2,390 they stop 600 short of what is allowed: a fifth of it"
        in words
    )


def test_a_part_that_is_less_than_one_in_a_hundred_is_not_told_as_nothing(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 23)
        called(session, file_id, "contacts", 976)
        called(session, file_id, "items", 1)
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert "Customers 976 98 % Items and tax codes 1 less than 1 % All 1,000 100 %" in words
    with rows() as session:
        session.execute(delete(CallCount).where(CallCount.purpose == "contacts"))
        session.commit()
    page = page_of(sign_in(cast.alice), file_id)
    assert '<span title="24 of 3,000 calls in 24 hours">&lt; 1 %</span>' in page


def test_an_hour_is_a_card_on_a_phone_with_those_purposes_alone_that_it_was_called_for(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 3)
        called(session, file_id, "items", 1200, hours_ago=2)
    page = page_of(sign_in(cast.alice), file_id)
    table = page.partition('aria-label="Saasu calls by the hour"')[2].partition("</table>")[0]
    assert '<table class="ledger cards">' in table
    now, earlier = table.partition("<tbody>")[2].split("</tr>")[:2]
    cells = [re.findall(r'data-label="([^"]+)">([\d,]*)<', row) for row in (now, earlier)]
    assert cells == [
        [("Posting orders", "3"), ("Items and tax codes", ""), ("All", "3")],
        [("Posting orders", ""), ("Items and tax codes", "1,200"), ("All", "1,200")],
    ]


def test_the_page_is_in_the_zone_of_its_file_and_names_it_once(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        session.get_one(SaasuFile, file_id).time_zone = "Australia/Perth"
        called(session, file_id, "post", 3)
    page = page_of(sign_in(cast.alice), file_id)
    assert re.findall(r"\bA(?:E[SD]|W)[SD]?T\b", page) == ["AWST"]
    hour = datetime.now(ZoneInfo("Australia/Perth"))
    assert f"{hour.hour % 12 or 12} {'am' if hour.hour < 12 else 'pm'}: 3 calls: posting orders 3" in page


def test_another_firms_calls_count_without_its_name(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        file = session.get_one(SaasuFile, file_id)
        stranger = session.get_one(Firm, cast.charlie.firm_id)
        theirs = make_file(session, stranger, file_id=file.file_id, name="Banksia’s own name")
        other = make_connection(session, theirs)
        for ago in (1, 30):
            ran(session, other, RunKind.HOURLY, 12, ago)
        session.commit()
        called(session, file_id, "post", 40)
    page = page_of(sign_in(cast.alice), file_id)
    words = words_of(page)
    assert "12 of them were made by runs of other firms’ connections to this same file" in words
    assert "Banksia" not in page


def test_a_block_by_saasu_says_when_it_goes_on(cast: Cast, sign_in: SignIn, rows: Rows, file_id: str) -> None:
    with rows() as session:
        file, now = session.get_one(SaasuFile, file_id), datetime.now(UTC)
        keep_block(session, f"saasu:{file.file_id}", Block(now - HOUR, now + 23 * HOUR))
        session.commit()
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert re.search(
        r"Saasu blocked this file for every program: .* It goes on (today|tomorrow) at \d+:\d\d [ap]m\.",
        words,
    )


def test_an_allowance_that_is_used_up_says_when_it_goes_on(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        called(session, file_id, "post", 2995, hours_ago=2)
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert re.search(
        r"Paused: the calls allowed are used up\. It goes on (today|tomorrow) at \d+:00 [ap]m\.", words
    )


def test_an_open_backfill_says_what_it_will_take_and_until_when(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        connection = make_connection(session, session.get_one(SaasuFile, file_id))
        backfill = make_backfill(session, connection, read_to_end=True, read=2, known=0, state="running")
        for number in (100, 101):
            make_order(session, connection, number, "seen", backfill_id=backfill.id, held=True)
        session.commit()
        backfill_id = backfill.id
    client = sign_in(cast.alice)
    page = page_of(client, file_id)
    assert f'href="/backfills/{backfill_id}"' in page
    assert re.search(r"2 orders to go, about 6 Saasu calls; done by (today|tomorrow) at", words_of(page))


def test_a_paused_backfill_promises_no_end(cast: Cast, sign_in: SignIn, rows: Rows, file_id: str) -> None:
    with rows() as session:
        connection = make_connection(session, session.get_one(SaasuFile, file_id))
        backfill = make_backfill(session, connection, read_to_end=True, read=1, known=0, state="paused")
        make_order(session, connection, 100, "seen", backfill_id=backfill.id, held=True)
        session.commit()
    words = words_of(page_of(sign_in(cast.alice), file_id))
    assert "paused by a person; 1 order waits, about 3 Saasu calls when it goes on." in words
    assert "done by" not in words


@pytest.mark.parametrize(
    ("most", "edge"), [(0, 10), (10, 10), (11, 20), (50, 50), (51, 100), (120, 200), (2500, 5000)]
)
def test_the_edge_of_the_picture_is_a_round_number(most: int, edge: int) -> None:
    assert call_picture.round_up(most) == edge


def test_a_call_counted_by_the_product_is_drawn(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        file = session.get_one(SaasuFile, file_id)
        count_call(session, f"saasu:{file.file_id}", "refresh", datetime.now(UTC))
        session.commit()
    assert "Signing in 1 100 %" in words_of(page_of(sign_in(cast.alice), file_id))


def test_every_purpose_the_clients_of_saasu_write_has_words_of_its_own() -> None:
    clients = SHEET.parents[2] / "portal" / "clients"
    source = (clients / "saasu.py").read_text() + (clients / "saasu_sign_in.py").read_text()
    written = {*re.findall(r'_ask\(\s*"[A-Z]+", f?"[^"]*", "([^"]+)"', source)}
    written |= {name.lower() for name in re.findall(r'_listed\(\s*"/\w+", "(\w+)"', source)}
    written |= {
        *re.findall(r'purpose="([^"]+)"', source),
        *re.findall(r'_post\("[^"]+", .+, "([^"]+)"\)', source),
    }
    assert {"post", "contacts", "invoices", "taxcodes", "ping", "refresh", "sign in"} <= written
    assert [purpose for purpose in sorted(written) if call_picture.kind_of(purpose) == "other"] == []


def test_the_board_tells_how_much_of_the_calls_is_used_and_every_page_of_the_file_leads_here(
    cast: Cast, sign_in: SignIn, rows: Rows, file_id: str
) -> None:
    with rows() as session:
        file = session.get_one(SaasuFile, file_id)
        connection_id, file.items_read_to = make_connection(session, file).id, datetime.now(UTC)
        other = make_file(session, session.get_one(Firm, cast.alice.firm_id), name="Quiet Pty Ltd")
        called(session, file_id, "post", 750)
        called(session, file_id, "post", 9, hours_ago=25)
        other_id = other.id
    here, client = f'<a href="/files/{file_id}/allowance">', sign_in(cast.alice)
    board = client.get("/").text
    cells = re.findall(r'<td data-label="Calls 24 h">.*?</td>', board, re.DOTALL)
    told = [
        re.findall(r'<a href="/files/(.{22})/allowance">.*title="([^"]+)">([^<]+)<', one, re.DOTALL)
        for one in cells
    ]
    assert told == [
        [(file_id, "750 of 3,000 Saasu calls of Jam Tin Pty Ltd in 24 hours", "25 %")],
        [(other_id, "0 of 1,500 Saasu calls of Quiet Pty Ltd in 24 hours", "0 %")],
    ]
    for path in (f"/connections/{connection_id}", f"/files/{file_id}/item-names"):
        assert here + "Saasu calls</a>" in client.get(path).text, path
    assert "/allowance" not in sign_in(cast.bob).get("/").text


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 1500, "0 %"), (1, 1500, "less than 1 %"), (14, 1500, "less than 1 %"), (15, 1500, "1 %"),
        (578, 1500, "39 %"), (1492, 1500, "99 %"), (1499, 1500, "more than 99 %"), (1500, 1500, "100 %"),
        (1600, 1500, "107 %"), (0, 0, "0 %"),
    ],
)  # fmt: skip
def test_a_share_is_told_in_whole_hundredths_and_never_as_nothing_or_all(
    part: int, whole: int, words: str
) -> None:
    assert share(part, whole) == words
    short = words.replace("less than", "<").replace("more than", ">")
    assert share(part, whole, short=True) == short
