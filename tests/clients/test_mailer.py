"""Mails leave by SMTP, against a real server: taken, refused for good, or not now (SYNC §10)."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.clients import mailer
from portal.clients.mailer import Envelope, MailNotNow, MailRefused, SmtpMailer, mailer_for, message_of
from sandbox.documents import Documents
from sandbox.mailbox.receiver import Receiver
from sandbox.mailbox.state import Mailbox

HOST = "127.0.0.1"
FROM = "Cartledger <books@example.com>"
NOW = datetime(2026, 11, 24, 22, 12, tzinfo=UTC)
ENVELOPE = Envelope(
    name="aaaaaaaaaaaaaaaaaaaaaa",
    to="ada@example.com",
    subject="Jam Tin: 3 posted, 2 need you ($1,212.40). It’s fine",
    text="* Order #999: Unable to find product\n",
    html="<p>* Order #999</p>",
    at=NOW,
    stop_url="https://books.example.com/mail-addresses/1/stop/2",
)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(Documents(), lambda: NOW)


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Receiver]:
    receiver = Receiver(mailbox, HOST)
    yield receiver
    receiver.stop()


def sender(
    port: int, given: str = "", scheme: str = "smtp", context: ssl.SSLContext | None = None
) -> SmtpMailer:
    return SmtpMailer(urlsplit(f"{scheme}://{given}{HOST}:{port}"), FROM, "books.example.com", context)


def test_a_mail_arrives_with_both_forms_and_its_fields(server: Receiver, mailbox: Mailbox) -> None:
    mailer_for(f"smtp://{HOST}:{server.port}", FROM, "books.example.com").send(ENVELOPE)

    (mail,) = mailbox.mails()
    assert (mail["subject"], mail["text"], mail["html"]) == (
        ENVELOPE.subject,
        ENVELOPE.text,
        f"{ENVELOPE.html}\n",
    )
    assert {
        name: mail["headers"][name] for name in ("From", "To", "Date", "Message-ID", "Auto-Submitted")
    } == {
        "From": FROM,
        "To": "ada@example.com",
        "Date": "Tue, 24 Nov 2026 22:12:00 +0000",
        "Message-ID": "<aaaaaaaaaaaaaaaaaaaaaa@books.example.com>",
        "Auto-Submitted": "auto-generated",
    }
    assert mail["headers"]["List-Unsubscribe"] == f"<{ENVELOPE.stop_url}>"


def test_the_same_mail_sent_twice_carries_the_same_message_id(server: Receiver, mailbox: Mailbox) -> None:
    for _ in range(2):
        sender(server.port).send(ENVELOPE)

    assert len({mail["message_id"] for mail in mailbox.mails()}) == 1
    assert len(mailbox.mails()) == 2


def test_the_question_to_a_new_address_has_no_unsubscribe_field() -> None:
    assert "List-Unsubscribe" not in message_of(replace(ENVELOPE, stop_url=""), FROM, "books.example.com")


@pytest.mark.parametrize("field", ["subject", "to", "stop_url"])
def test_a_line_break_adds_no_header_field(field: str) -> None:
    nasty = replace(ENVELOPE, **{field: "x\r\nBcc: all@example.com\n\nbody"})  # type: ignore[arg-type]

    message = message_from_bytes(bytes(message_of(nasty, FROM, "books.example.com")))

    assert "Bcc" not in message
    assert len([name for name in message if name == "Subject"]) == 1


@pytest.mark.parametrize(
    ("order", "kind", "sentence"),
    [
        ({"at": "rcpt", "code": 550, "words": "no such mailbox"}, MailRefused, "The mail server refused this address: 550 no such mailbox"),
        ({"at": "rcpt", "code": 451, "words": "greylisted"}, MailNotNow, "The mail server refused this address: 451 greylisted"),
        ({"at": "rcpt", "code": 421, "words": "closing"}, MailNotNow, "The mail server refused this address: 421 closing"),
        ({"at": "data", "code": 554, "words": "looks like spam"}, MailRefused, "The mail server refused this mail: 554 looks like spam"),
        ({"at": "data", "code": 452, "words": "disk full"}, MailNotNow, "The mail server refused this mail: 452 disk full"),
        ({"at": "mail", "code": 553, "words": "not yours"}, MailNotNow, "The mail server refused our own address (553)."),
        ({"at": "data", "lost": True}, MailNotNow, "The mail server did not say whether it took the mail."),
    ],
)  # fmt: skip
def test_what_a_server_answers_is_for_good_or_not_now(
    server: Receiver, mailbox: Mailbox, order: dict[str, object], kind: type[Exception], sentence: str
) -> None:
    mailbox.refuse(order)

    with pytest.raises(kind) as told:
        sender(server.port).send(ENVELOPE)

    assert str(told.value) == sentence
    sender(server.port).send(ENVELOPE)


def test_long_words_of_a_server_are_cut_and_stay_on_one_line() -> None:
    told = mailer.refusal("No", {"x": (550, b"a\r\nb")})
    cut = mailer.refusal("No", {"x": (550, "w" * 500)})

    assert str(told) == "No: 550 a"
    assert str(cut) == "No: 550 " + "w" * 120
    assert str(mailer.refusal("No", {"x": (550, b"")})) == "No: 550"


def test_a_server_that_is_down_is_not_now() -> None:
    with socket.socket() as held:
        held.bind((HOST, 0))
        port = held.getsockname()[1]

        with pytest.raises(MailNotNow, match=r"^The mail server 127\.0\.0\.1 does not answer\.$"):
            sender(port).send(ENVELOPE)


@pytest.fixture
def odd_server() -> Iterator[Callable[[bytes], int]]:
    """A server that says these words to whoever comes, then nothing; its port."""
    opened: list[socket.socket] = []

    def listen(words: bytes) -> int:
        room = socket.create_server((HOST, 0))
        opened.append(room)

        def answer() -> None:
            line, _ = room.accept()
            opened.append(line)
            line.sendall(words)

        threading.Thread(target=answer, daemon=True).start()
        port: int = room.getsockname()[1]
        return port

    yield listen
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (b"554 no service\r\n", "The mail server takes no mail now (554)."),
        (b"220 hello\r\n", "The mail server 127.0.0.1 does not answer."),
        (b"", "The mail server 127.0.0.1 does not answer."),
    ],
)
def test_a_server_that_greets_oddly_or_falls_silent_is_not_now(
    odd_server: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch, words: bytes, sentence: str
) -> None:
    monkeypatch.setattr(mailer, "SECONDS", 1)

    with pytest.raises(MailNotNow) as told:
        sender(odd_server(words)).send(ENVELOPE)

    assert str(told.value) == sentence


def certificate(folder: Path, names: tuple[str, ...]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for these addresses, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox")])
    begin = datetime.now(UTC) - dt.timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(one)) for one in names]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    path = folder / "mailbox.pem"
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(encoding)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.fixture
def guarded(mailbox: Mailbox, tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server that offers STARTTLS and asks for a sign-in; its port, and a context that trusts it."""
    server, trusting = certificate(tmp_path, (HOST,))
    receiver = Receiver(mailbox, HOST, tls=server, sign_in=("portal", "quince/jelly"))
    yield receiver.port, trusting
    receiver.stop()


def test_the_line_is_encrypted_where_that_is_offered_and_the_password_goes_over_it(
    guarded: tuple[int, ssl.SSLContext], mailbox: Mailbox
) -> None:
    port, trusting = guarded

    sender(port, "portal:quince%2Fjelly@", context=trusting).send(ENVELOPE)

    assert len(mailbox.mails()) == 1


def test_a_certificate_nobody_vouches_for_is_not_trusted(
    guarded: tuple[int, ssl.SSLContext], mailbox: Mailbox
) -> None:
    with pytest.raises(MailNotNow, match="certificate cannot be trusted"):
        sender(guarded[0], "portal:quince%2Fjelly@").send(ENVELOPE)
    assert mailbox.mails() == []


def test_a_wrong_password_is_our_own_fault_and_loses_no_mail(guarded: tuple[int, ssl.SSLContext]) -> None:
    port, trusting = guarded

    with pytest.raises(MailNotNow) as told:
        sender(port, "portal:wrong-jelly@", context=trusting).send(ENVELOPE)

    assert str(told.value) == "The mail server refused our sign-in (535)."


def test_a_sign_in_that_the_server_does_not_offer_is_told(server: Receiver) -> None:
    with pytest.raises(MailNotNow, match="offers no sign-in that we know"):
        sender(server.port, "portal:quince@").send(ENVELOPE)


def test_the_password_does_not_go_to_another_machine_in_the_clear(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailer, "is_this_machine", lambda _host: False)

    with pytest.raises(MailNotNow, match="offers no encryption, so our password was not sent"):
        sender(server.port, "portal:quince@").send(ENVELOPE)


def test_a_mailer_shows_no_password() -> None:
    shown = repr(sender(25, "portal:quince%2Fjelly@"))

    assert "quince" not in shown
    assert HOST in shown


def test_in_a_folder_each_mail_is_a_file_and_a_second_try_writes_the_same_one(tmp_path: Path) -> None:
    folder = mailer_for(f"file://{tmp_path}/mails", FROM, "books.example.com")
    for _ in range(2):
        folder.send(ENVELOPE)

    (file,) = (tmp_path / "mails").iterdir()
    assert file.name == "aaaaaaaaaaaaaaaaaaaaaa.eml"
    assert message_from_bytes(file.read_bytes())["To"] == "ada@example.com"


def test_a_folder_that_cannot_be_written_is_not_now(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file in its place")

    with pytest.raises(MailNotNow, match="folder of mails cannot be written"):
        mailer_for(f"file://{tmp_path}/mails", FROM, "books.example.com").send(ENVELOPE)
