"""What mails tell of orders whose number stands on a sale in Saasu that we did not write."""

from sqlalchemy.orm import Session

from portal.services import after_posting
from tests.mailroom import Mailroom
from tests.services.telling import ADA, books


def test_a_sale_of_somebody_else_is_counted_until_a_person_says_that_it_is_the_order(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.run()
    order = jam.exists(120)
    jam.run(7)
    jam.run(8)
    assert after_posting.deal_with(session, order, "", "Alice", mailroom.clock.now())

    jam.run(9)
    mailroom.post(session)

    assert jam.subjects() == [
        "1 posted, 1 need you ($60.00)",
        "1 posted, 1 need you ($60.00)",
        "1 posted, 0 need you ($0.00)",
    ]
    assert "#120" in mailroom.came(ADA)[-1]["text"].partition("Solved since the last mail")[2]


def test_a_sale_of_somebody_else_that_comes_to_the_same_is_told_once_and_then_no_more(
    session: Session, mailroom: Mailroom
) -> None:
    jam = books(session, mailroom)
    jam.run()

    jam.run(during=lambda: jam.exists(120, same=True))
    jam.run(7)

    assert jam.subjects() == ["0 posted, 1 need you ($60.00)", "1 posted, 0 need you ($0.00)"]
