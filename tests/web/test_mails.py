"""The pages of mails: the two links that work without a sign-in, the list of what was sent, and the connector's addresses."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.models.mails import Mail, MailAddress
from portal.services import mail_links
from portal.services.remotes import Outside, firm_vault
from tests.cast import Cast, Member
from tests.factories import make_connection, make_file
from tests.mailroom import Mailroom, letter, mailroom_for
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
ADA = "ada@example.com"
QUESTION_TOKEN = "q" * 22
WORDS = re.compile(r"<[^>]+>|\s+")


def words_of(page: str) -> str:
    return " ".join(WORDS.sub(" ", page).split())


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def address_id(rows: Rows, cast: Cast, now: datetime) -> str:
    """Ada, asked a day ago by Acacia."""
    with rows() as session:
        row = MailAddress(
            firm_id=cast.alice.firm_id,
            address=ADA,
            asked_at=now - timedelta(days=1),
            token_digest=mail_links.digest_of(QUESTION_TOKEN),
        )
        session.add(row)
        session.commit()
        return row.id


@pytest.fixture
def connection_id(rows: Rows, cast: Cast, now: datetime) -> str:
    """A connection of Acacia whose item lists are fresh, so that its page asks no Saasu."""
    with rows() as session:
        file = make_file(session, session.get_one(Firm, cast.alice.firm_id))
        file.items_read_to = now
        return make_connection(session, file).id


def address(rows: Rows) -> MailAddress:
    with rows() as session:
        return session.scalars(select(MailAddress)).one()


def stop_token(app: Flask, rows: Rows, cast: Cast, address_id: str) -> str:
    with rows() as session:
        keys = firm_vault(session, Outside.of(app).vault, cast.alice.firm_id)
        return mail_links.stop_token(keys, address_id)


def test_looking_at_the_link_confirms_nothing_and_the_button_does(
    client: FlaskClient, rows: Rows, address_id: str
) -> None:
    link = f"/mail-addresses/{address_id}/confirm/{QUESTION_TOKEN}"

    page = client.get(link)
    client.head(link)
    looked_at = address(rows).confirmed_at
    done = client.post(link, follow_redirects=True)

    assert page.status_code == 200
    assert "Acacia Accounting would like to notify ada@example.com" in words_of(page.text)
    assert looked_at is None
    assert address(rows).confirmed_at is not None
    assert "Thank you" in done.text


def test_a_wrong_link_is_not_there(client: FlaskClient, rows: Rows, address_id: str) -> None:
    for path in (
        f"/mail-addresses/{address_id}/confirm/{'x' * 22}",
        f"/mail-addresses/{address_id}/stop/{'x' * 22}",
        f"/mail-addresses/{'y' * 22}/confirm/{QUESTION_TOKEN}",
        f"/mail-addresses/{'y' * 22}/stop/{QUESTION_TOKEN}",
    ):
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    assert address(rows).confirmed_at is None


def test_a_link_that_has_run_out_says_what_to_do(
    client: FlaskClient, rows: Rows, address_id: str, now: datetime
) -> None:
    with rows() as session:
        session.get_one(MailAddress, address_id).asked_at = now - timedelta(days=7)
        session.commit()

    page = client.post(f"/mail-addresses/{address_id}/confirm/{QUESTION_TOKEN}")

    assert page.status_code == 410
    assert "press Send again beside ada@example.com" in words_of(page.text)
    assert address(rows).confirmed_at is None


def test_looking_at_the_other_link_stops_nothing_and_its_button_does(
    app: Flask, client: FlaskClient, rows: Rows, cast: Cast, address_id: str
) -> None:
    link = f"/mail-addresses/{address_id}/stop/{stop_token(app, rows, cast, address_id)}"

    page = client.get(link)
    looked_at = address(rows).stopped_at
    done = client.post(link, follow_redirects=True)

    assert "End these mails?" in page.text
    assert looked_at is None
    assert address(rows).stopped_at is not None
    assert "gets no more notifications from Acacia Accounting" in words_of(done.text)


def post_connector(client: FlaskClient, connection_id: str, **fields: str) -> str:
    values = {
        "notify": "y",
        "notification_email": ADA,
        "notify_when": "needed",
        "statuses": "10",
        "shipping_item": "",
        "discount_item": "",
        **fields,
    }
    answer = client.post(f"/connections/{connection_id}", data=values, follow_redirects=True)
    return answer.get_data(as_text=True)


@pytest.fixture
def mailroom(app: Flask) -> Iterator[Mailroom]:
    """A portal with a mail server, as its settings say."""
    with mailroom_for(app) as room:
        app.extensions["settings"] = room.outside.settings
        yield room


def test_saving_addresses_asks_each_and_the_page_says_that_they_wait(
    sign_in: SignIn, rows: Rows, cast: Cast, connection_id: str, mailroom: Mailroom
) -> None:
    page = post_connector(
        sign_in(cast.pat), connection_id, notification_email="ADA@example.com; bo@example.com"
    )

    assert mailroom.port
    assert page.count("waiting to be confirmed, asked") == 2
    assert page.count(">Send again</button>") == 2
    with rows() as session:
        saved = session.get_one(Connection, connection_id)
        asked = sorted(mail.to_address for mail in session.scalars(select(Mail)))
        assert (saved.notification_email, saved.notify_when) == ("ada@example.com, bo@example.com", "needed")
        assert asked == ["ada@example.com", "bo@example.com"]


def test_a_wrong_address_is_told_beside_its_field_and_nothing_is_saved(
    sign_in: SignIn, rows: Rows, cast: Cast, connection_id: str
) -> None:
    page = post_connector(sign_in(cast.pat), connection_id, notification_email="ada@example.com, bo@")

    assert '<p class="fault" id="notification_email-fault">“bo@” is not an e-mail address.</p>' in page
    with rows() as session:
        assert session.get_one(Connection, connection_id).notification_email == ""
        assert session.scalars(select(MailAddress)).all() == []


def test_a_choice_that_does_not_exist_is_not_saved(
    sign_in: SignIn, rows: Rows, cast: Cast, connection_id: str
) -> None:
    page = post_connector(sign_in(cast.pat), connection_id, notify_when="never")

    assert "Not saved" in page
    with rows() as session:
        assert session.get_one(Connection, connection_id).notify_when == "changed"


def test_send_again_sends_the_question_once_in_five_minutes(
    sign_in: SignIn, rows: Rows, cast: Cast, connection_id: str, address_id: str, mailroom: Mailroom
) -> None:
    assert mailroom.port
    pat = sign_in(cast.pat)
    again = f"/mail-addresses/{address_id}/ask-again"

    first = pat.post(again, data={"connection": connection_id})
    second = pat.post(again, data={"connection": connection_id}, follow_redirects=True)
    elsewhere = pat.post(again, data={"connection": "z" * 22})

    assert first.location == f"/connections/{connection_id}#notifications"
    assert "ada@example.com was asked a moment ago" in second.text
    assert elsewhere.location == "/mails"
    with rows() as session:
        assert len(session.scalars(select(Mail)).all()) == 1


def test_a_portal_without_a_mail_server_says_so_on_the_connectors_page(
    sign_in: SignIn, cast: Cast, connection_id: str
) -> None:
    page = post_connector(sign_in(cast.pat), connection_id)

    assert "This portal has no mail server set up" in page
    assert "waiting to be confirmed" in page
    assert ">Send again</button>" not in page


def put_mail(rows: Rows, firm_id: str, now: datetime, subject: str, **more: object) -> str:
    with rows() as session:
        values = {
            "text": b"sealed",
            "created_at": now,
            "due_at": now,
            "kind": "run",
            "to_address": ADA,
            **more,
        }
        mail = Mail(firm_id=firm_id, subject=subject, **values)
        session.add(mail)
        session.commit()
        return mail.id


def test_the_list_says_of_each_mail_what_became_of_it(
    sign_in: SignIn, rows: Rows, cast: Cast, now: datetime
) -> None:
    firm = cast.alice.firm_id
    put_mail(rows, firm, now, "Went", sent_at=now, text=None)
    put_mail(
        rows, firm, now, "Waits", attempts=2, trouble="The mail server mail.example.com does not answer."
    )
    put_mail(
        rows,
        firm,
        now,
        "Refused",
        gave_up_at=now,
        trouble="The mail server refused this address: 550 no such mailbox",
    )
    put_mail(rows, cast.charlie.firm_id, now, "Of another firm")

    page = words_of(sign_in(cast.pat).get("/mails").text)

    assert re.search(r"Went Sent today", page)
    assert re.search(
        r"Waits Waiting The mail server mail\.example\.com does not answer\. Next try today", page
    )
    assert re.search(
        r"Refused Not sent The mail server refused this address: 550 no such mailbox Send again", page
    )
    assert page.count(" Send again ") == 1
    assert "Of another firm" not in page


def test_a_reader_sees_the_list_and_cannot_send_again(
    sign_in: SignIn, rows: Rows, cast: Cast, now: datetime
) -> None:
    mail_id = put_mail(rows, cast.alice.firm_id, now, "Refused", gave_up_at=now, trouble="no")
    bob = sign_in(cast.bob)

    assert "Send again" not in bob.get("/mails").text
    assert bob.post(f"/mails/{mail_id}/send-again").status_code == 403


def test_a_mail_given_up_is_tried_again_when_asked(
    sign_in: SignIn, rows: Rows, cast: Cast, now: datetime
) -> None:
    mail_id = put_mail(rows, cast.alice.firm_id, now, "Refused", gave_up_at=now, trouble="no")
    pat = sign_in(cast.pat)

    first = pat.post(f"/mails/{mail_id}/send-again", follow_redirects=True)
    second = pat.post(f"/mails/{mail_id}/send-again", follow_redirects=True)

    assert "It is tried again within a minute." in first.text
    assert "There is nothing left of this mail to send" in second.text
    with rows() as session:
        mail = session.get_one(Mail, mail_id)
        assert (mail.gave_up_at, mail.trouble) == (None, "")


def test_the_mails_of_one_connection_are_shown_alone(
    sign_in: SignIn, rows: Rows, cast: Cast, now: datetime, connection_id: str
) -> None:
    put_mail(rows, cast.alice.firm_id, now, "Of this one", connection_id=connection_id)
    put_mail(rows, cast.alice.firm_id, now, "Of none")

    page = sign_in(cast.bob).get(f"/mails?connection={connection_id}").text

    assert "Of this one" in page
    assert "Of none" not in page


def test_the_empty_list_says_how_to_have_mails(sign_in: SignIn, cast: Cast) -> None:
    assert "No mails yet" in sign_in(cast.bob).get("/mails").text


def test_no_token_of_a_link_stands_in_the_log() -> None:
    from portal.logs import masked_text

    told = masked_text(f"GET /mail-addresses/{'a' * 22}/confirm/{QUESTION_TOKEN} 404")

    assert QUESTION_TOKEN not in told
    assert "/confirm/" in told
    assert letter().subject
