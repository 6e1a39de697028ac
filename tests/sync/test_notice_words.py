"""What the mails say, word for word: the mails of `mails_as_sent` are compared whole, in both forms (SYNC §10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.sync import letters
from portal.sync.letters import Letter, Line
from portal.sync.notice_words import (
    MOST_ORDERS,
    confirmation,
    left_out,
    missed,
    moment_words,
    notice,
    plain_name,
)
from portal.sync.notices import Kind
from portal.sync.problems import REASONS, Code, Ignored, about_order, invoice_exists, item_not_found
from tests.sync.mails import AWAY, DEAD_TOKEN, NOW, as_sent, busy, place, report, told

HOUR = timedelta(hours=1)


def stopped() -> Letter:
    dead = report(finished=False, problem=DEAD_TOKEN, needs=(told(999),), last_good=NOW - HOUR)
    return notice(Kind.STOPPED, dead, place(), ())


def mails() -> dict[str, Letter]:
    return {
        "run": notice(Kind.RUN, busy(), place(), (12, 15)),
        "quiet": notice(Kind.RUN, report(), place(choice="after every run"), ()),
        "stopped": stopped(),
        "resumed": notice(Kind.RESUMED, report(posted=2, last_good=NOW - 3 * HOUR), place(), ()),
        "digest": notice(Kind.DIGEST, busy(), place(cause="Since yesterday", choice="every day at 7 am"), ()),
        "missed": missed(place(), NOW - 2 * HOUR),
        "confirm": confirmation("Acacia Accounting", "ada@example.com", "https://books.example.com/mail-addresses/1/confirm/2"),
    }  # fmt: skip


@pytest.mark.parametrize("name", mails())
def test_a_mail_reads_word_for_word_as_it_stands_here(name: str) -> None:
    letter = mails()[name]

    assert f"{letter.subject}\n\n{letters.text_of(letter)}" == as_sent(f"{name}.txt")
    assert letters.html_of(letter) == as_sent(f"{name}.html")


@pytest.mark.parametrize(
    "line",
    [
        "* Order #999: Unable to find product with BigCommerce sku/code=sh-hoodie-with-logo",
        "* Order #120: Invoice with number SHO120 already exists.",
    ],
)
def test_the_documents_two_lines_stand_in_the_errors_section(line: str) -> None:
    errors = letters.text_of(mails()["run"]).partition("Errors\n\n")[2].partition("\n\nWhat to do")[0]

    assert line in errors.splitlines()


def test_each_error_stands_on_a_line_of_its_own_with_its_orders_page_below() -> None:
    lines = letters.text_of(mails()["run"]).splitlines()
    errors = [place for place, line in enumerate(lines) if line.startswith("* ")]

    assert [lines[place].split(":")[0] for place in errors] == [
        "* Order #120",
        "* Order #999",
        "* Order #999",
    ]
    assert [lines[place + 1] for place in errors] == [
        "  https://books.example.com/orders/120",
        "  https://books.example.com/orders/999",
        "  https://books.example.com/orders/999",
    ]


def test_the_subject_counts_what_was_posted_and_what_needs_somebody_with_its_dollars() -> None:
    letter = notice(Kind.RUN, busy(), place(), ())

    assert letter.subject == "Jam Tin Pty Ltd: 3 posted, 2 need you ($1,212.40)"


def test_a_standstill_is_seen_before_the_mail_is_opened() -> None:
    assert stopped().subject == (
        "Jam Tin Pty Ltd: 0 posted, 1 need you ($60.00). Stopped: BigCommerce refused the Access Token."
    )


def test_only_a_standstill_is_told_in_the_subject() -> None:
    away = notice(Kind.RUN, report(finished=False, problem=AWAY), place(), ())

    assert away.subject == "Jam Tin Pty Ltd: 0 posted, 0 need you ($0.00)"


def test_a_long_name_leaves_room_for_the_counts() -> None:
    fits, long = "J" * 80, "J" * 81

    assert notice(Kind.RUN, report(), place(file=fits), ()).subject.startswith(f"{fits}: 0 posted")
    assert notice(Kind.RUN, report(), place(file=long), ()).subject.startswith(f"{'J' * 79}…: 0 posted")
    assert notice(Kind.RUN, report(), place(file=f"{'J' * 78} {'J' * 9}"), ()).subject.startswith(
        "J" * 78 + "…:"
    )


def test_a_subject_has_at_most_250_characters_and_no_line_break() -> None:
    dead = report(
        finished=False, problem=replace(DEAD_TOKEN, sentence="No.\r\nBcc: all@example.com " + "x" * 300)
    )

    subject = notice(Kind.STOPPED, dead, place(), ()).subject

    assert len(subject) == 250
    assert subject.isprintable()
    assert "Stopped: No. Bcc: all@example.com xxx" in subject


def test_a_problem_that_mends_itself_says_so_and_is_not_drawn_as_an_error() -> None:
    letter = notice(Kind.RUN, report(finished=False, problem=AWAY), place(), ())

    assert letter.alert is not None
    assert (letter.alert.sentence, letter.alert.tone) == (AWAY.sentence, "mend")
    assert letter.alert.words == ("Nobody’s turn: Nothing to do: the next run reads on from the same place.",)


def test_an_ordinary_mail_does_not_name_the_run_before() -> None:
    letter = notice(Kind.RUN, report(finished=False, problem=AWAY, last_good=NOW - HOUR), place(), ())

    assert letter.alert is not None
    assert len(letter.alert.words) == 1


def test_a_mail_of_a_standstill_without_any_good_run_names_none() -> None:
    letter = notice(Kind.STOPPED, report(finished=False, problem=DEAD_TOKEN), place(), ())

    assert letter.alert is not None
    assert len(letter.alert.words) == 1


def test_two_hundred_orders_are_named_and_the_rest_are_counted_and_linked() -> None:
    full = notice(Kind.RUN, report(needs=tuple(told(n) for n in range(1, MOST_ORDERS + 1))), place(), ())
    over = notice(Kind.RUN, report(needs=tuple(told(n) for n in range(1, MOST_ORDERS + 1213))), place(), ())

    assert len(full.sections[0].lines) == MOST_ORDERS == 200
    assert full.sections[0].lines[-1].words.startswith("Order #200:")
    assert len(over.sections[0].lines) == MOST_ORDERS + 1
    assert over.sections[0].lines[-1] == Line(
        "and 1,212 more orders: all of them on one page", place().needs_url
    )
    assert over.figures[1].count == MOST_ORDERS + 1212


def test_one_order_beyond_two_hundred_is_told_in_the_singular_and_linked_wherever_it_stands() -> None:
    over = tuple(told(number) for number in range(1, MOST_ORDERS + 2))
    rest = Line("and 1 more order: all of them on one page", place().needs_url)

    assert notice(Kind.RUN, report(needs=over), place(), ()).sections[0].lines[-1] == rest
    assert notice(Kind.RUN, report(mends=over), place(), ()).sections[0].lines[-1] == rest


def test_two_hundred_changed_orders_are_named_and_the_rest_are_counted() -> None:
    changed = [replace(busy().changed[0], order_id=number) for number in range(1, MOST_ORDERS + 3)]
    full = notice(Kind.RUN, report(changed=tuple(changed[:-2])), place(), ()).sections[0]
    over = notice(Kind.RUN, report(changed=tuple(changed)), place(), ()).sections[0]

    assert len(full.lines) == MOST_ORDERS
    assert over.lines[-2].words.startswith("Order #200: Cancelled in the shop")
    assert over.lines[-1] == Line("and 2 more orders: all of them on one page", place().needs_url)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "25 November 2026, 9:12 am AEDT"),
        (2, "25 November 2026, 11:12 am AEDT"),
        (3, "25 November 2026, 12:12 pm AEDT"),
        (4, "25 November 2026, 1:12 pm AEDT"),
        (15, "26 November 2026, 12:12 am AEDT"),
    ],
)
def test_moments_are_told_as_people_say_them_in_the_files_zone(hours: int, words: str) -> None:
    assert moment_words(NOW + hours * HOUR, place().zone) == words


def test_two_hundred_solved_orders_are_named_and_the_rest_are_counted() -> None:
    full = notice(Kind.RUN, report(), place(), range(1, 201)).sections[0].lines[0].words
    one = notice(Kind.RUN, report(), place(), range(1, 202)).sections[0].lines[0].words
    over = notice(Kind.RUN, report(), place(), range(1, 1413)).sections[0].lines[0].words

    assert full.endswith("#199, #200")
    assert one.endswith("#199, #200 and 1 more")
    assert over.endswith("#199, #200 and 1,212 more")


def test_what_was_left_out_is_told_in_one_line_a_reason_and_is_no_error() -> None:
    letter = notice(Kind.RUN, report(asks=busy().asks), place(), ())

    assert letter.subject == "Jam Tin Pty Ltd: 0 posted, 0 need you ($0.00)"
    assert [line.words.partition(":")[0] for line in letter.sections[0].lines] == [
        "1,012 orders, $40,480.00",
        "1 order, $77.50",
    ]
    assert {line.url for line in letter.sections[0].lines} == {place().choice_url}


@pytest.mark.parametrize("reason", Ignored)
def test_every_reason_to_leave_an_order_out_has_its_words(reason: Ignored) -> None:
    told = left_out(reason)

    assert told.endswith(".")
    assert (told == REASONS[reason].why) is (reason not in {"STATUS", "WHILE_OFF", "BEFORE_START"})


def test_what_to_do_is_said_once_for_each_code() -> None:
    many = report(needs=(told(1), told(2), told(3, invoice_exists(3, "SHO3"))))

    _, advice = notice(Kind.RUN, many, place(), ()).sections

    assert [line.words.partition(",")[0] for line in advice.lines] == [
        "Your turn: Create the item in Saasu with that code",
        "Your turn: Look at that sale in Saasu. If it is of this order",
    ]


def test_words_of_a_shop_cannot_forge_a_line_or_an_element() -> None:
    nasty = told(7, item_not_found(7, "x\n* Order #8: paid\u202e</p><script>go()</script>"))
    letter = notice(Kind.RUN, report(needs=(nasty,)), place(file="<b>Jam</b>\r\nBcc: all@example.com"), ())
    text, html = letters.text_of(letter), letters.html_of(letter)

    assert [line for line in text.splitlines() if line.startswith("* ")] == [
        "* Order #7: Unable to find product with BigCommerce sku/code=x * Order #8: paid </p><script>go()</script>"
    ]
    assert "<script>" not in html
    assert "<b>" not in html
    assert "sku/code=x * Order #8: paid &lt;/p&gt;&lt;script&gt;go()" in html
    assert "\u202e" not in text + html
    assert letter.subject.startswith("<b>Jam</b> Bcc: all@example.com: 0 posted")


def test_an_address_cannot_leave_its_quotes() -> None:
    letter = Letter(
        subject="s", heading="h", main=Line("go", 'https://x.example.com/"><i>'), small=(Line("foot", 'https://y/"><i>'),)
    )  # fmt: skip

    assert "<i>" not in letters.html_of(letter)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Blue Gum Pty. Ltd.", "Blue Gum Pty. Ltd."),
        ("Win at http://evil.example/x", "Win at http: / / evil. example/ x"),
        ("a@b.example", "a@ b. example"),
        ("x\\y", "x\\ y"),
        ("one\ntwo", "one two"),
        ("J" * 81, "J" * 79 + "…"),
    ],
)
def test_a_name_in_a_mail_to_a_stranger_makes_no_link(typed: str, told: str) -> None:
    assert plain_name(typed) == told


def test_an_order_that_cannot_be_read_names_the_portal_as_the_one_to_act() -> None:
    broken = told(5, about_order(Code.ORDER_UNREADABLE, 5, "the shop's data could not be read"))

    (_, advice) = notice(Kind.RUN, report(needs=(broken,)), place(), ()).sections

    assert advice.lines[0].words.startswith("Our turn: ")
