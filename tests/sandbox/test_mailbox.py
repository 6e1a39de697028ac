"""The pretend mailbox takes mails, keeps them, shows them safely, and refuses as ordered."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.mailbox.app import linked
from sandbox.mailbox.state import KEPT, Mailbox
from sandbox.serve import Running, running

NASTY = '<script>go()</script><img src="https://elsewhere.example.com/x.png">'


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with running("empty") as found:
        yield found


@pytest.fixture(autouse=True)
def empty(servers: Running) -> None:
    servers.mailbox.clear()
    servers.mailbox.forget_refusals()


def mail(
    subject: str = "Hello", to: str = "ada@example.com", html: str = "<head></head><b>both forms</b>"
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "books@example.com", to, subject
    message["Message-ID"] = "<one@books.example.com>"
    message.set_content(f"as text {NASTY}\nhttp://127.0.0.1:1/a?b=1&c=2\n")
    message.add_alternative(html, subtype="html")
    return message


def send(servers: Running, message: EmailMessage) -> None:
    parts = urlsplit(servers.mail_url)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0, "tests", timeout=10) as line:
        line.send_message(message)


def get(servers: Running, path: str) -> requests.Response:
    return requests.get(f"{servers.mailbox_url}{path}", timeout=10)


def test_a_mail_that_came_is_told_with_its_fields_and_both_forms(servers: Running) -> None:
    send(servers, mail())
    send(servers, mail("Second", to="bo@example.com"))

    first, second = get(servers, "/_control/mails").json()["mails"]

    assert (first["from"], first["to"], first["subject"]) == (
        "books@example.com",
        ["ada@example.com"],
        "Hello",
    )
    assert first["message_id"] == "<one@books.example.com>"
    assert first["headers"]["Subject"] == "Hello"
    assert first["text"].startswith("as text")
    assert "<b>both forms</b>" in first["html"]
    assert [one["id"] for one in get(servers, "/_control/mails?to=bo@example.com").json()["mails"]] == [
        second["id"]
    ]


def test_the_page_lists_the_newest_first_and_counts_as_no_call(servers: Running) -> None:
    send(servers, mail("Older"))
    send(servers, mail("Newer <i>"))

    page = get(servers, "/")

    assert page.text.index("Newer &lt;i&gt;") < page.text.index("Older")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert servers.controls["mailbox"].calls()["total"] == 0


def test_a_mail_is_shown_as_escaped_text_and_its_html_in_a_frame_without_scripts(servers: Running) -> None:
    send(servers, mail(html=f"<head></head>{NASTY}"))
    (found,) = servers.mailbox.mails()

    page = get(servers, f"/pages/mails/{found['id']}")
    framed = get(servers, f"/pages/mails/{found['id']}/html")

    assert "<script>" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert '<a href="http://127.0.0.1:1/a?b=1&amp;c=2"' in page.text
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert framed.text.startswith('<head><base target="_blank"></head>')
    assert get(servers, "/pages/mails/999999").status_code == 404


def test_mails_are_thrown_away_when_asked(servers: Running) -> None:
    send(servers, mail())

    assert requests.delete(f"{servers.mailbox_url}/_control/mails", timeout=10).status_code == 204
    assert servers.mailbox.mails() == []
    assert "No mail yet" in get(servers, "/").text


def test_an_ordered_refusal_is_used_up(servers: Running) -> None:
    order = {"at": "rcpt", "code": 550, "words": "no such mailbox", "to": "ada@example.com"}
    answer = requests.post(f"{servers.mailbox_url}/_control/refusals", json=order, timeout=10)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(servers, mail())
    send(servers, mail())

    assert answer.status_code == 201
    assert refused.value.recipients == {"ada@example.com": (550, b"no such mailbox")}
    assert len(servers.mailbox.mails()) == 1
    assert get(servers, "/_control/refusals").json() == {"refusals": []}


@pytest.mark.parametrize(
    "order", [{"at": "dawn"}, {"code": 200}, {"code": "451"}, {"times": True}, {"colour": 1}]
)
def test_a_refusal_that_cannot_be_obeyed_is_told_in_a_sentence(
    servers: Running, order: dict[str, object]
) -> None:
    answer = requests.post(f"{servers.mailbox_url}/_control/refusals", json=order, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert servers.mailbox.refusals() == []


def test_mails_are_there_after_a_restart(tmp_path: Path) -> None:
    with running("empty", data=tmp_path) as first:
        send(first, mail("Kept"))
    with running("empty", data=tmp_path) as second:
        send(second, mail("Later"))
        assert [one["subject"] for one in second.mailbox.mails()] == ["Kept", "Later"]
        assert [one["id"] for one in second.mailbox.mails()] == [1, 2]


def test_a_thousand_mails_are_kept(servers: Running) -> None:
    mailbox = Mailbox(servers.documents, servers.clock.now)
    for _ in range(KEPT + 2):
        last = mailbox.take(b"Subject: x\r\n\r\n", "a@example.com", ["b@example.com"])

    assert len(mailbox.mails()) == KEPT
    assert mailbox.mail(last) is not None
    assert mailbox.mail(last - KEPT) is None


def test_addresses_in_a_text_become_links_and_the_rest_stays_text() -> None:
    assert linked("see http://a.example/x, & <b>") == (
        'see <a href="http://a.example/x," target="_blank" rel="noreferrer">http://a.example/x,</a> &amp; &lt;b&gt;'
    )
