"""The only code that speaks SMTP: one mail to one address, by a server or, in development, into a folder (SYNC §10).

A mail is taken, refused for good, or not taken now. What is our own set-up's fault (sign-in, sender, certificate) counts as not now,
so that no mail is lost while somebody mends it. Sentences never hold more of the server's words than the first line about an address.
"""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from portal.settings import is_this_machine

SECONDS = 20
"""The longest wait for each answer of a server."""

PORTS = {"smtp": 25, "smtps": 465}
LONGEST_WORDS = 120


class MailTrouble(Exception):
    """A mail was not taken; `sentence` is for a person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class MailRefused(MailTrouble):
    """The server will never take this mail: it refused the address or the mail itself (5xx)."""


class MailNotNow(MailTrouble):
    """Not taken this time; another try may help. After a lost answer the server may have taken it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail as it is sent. `name` is the same at every try: the Message-ID is made of it. A blank `stop_url` leaves its header out."""

    name: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    stop_url: str = ""


class Mailer(Protocol):
    """What delivers mails."""

    def send(self, envelope: Envelope) -> None:
        """Deliver one mail. Raises `MailRefused` or `MailNotNow`."""


def mailer_for(mail_url: str, mail_from: str, own_host: str) -> Mailer:
    """The mailer of an address: smtp://user:password@host:port, smtps://… or file:///folder. `own_host` is the portal's own name."""
    parts = urlsplit(mail_url)
    if parts.scheme == "file":
        return FolderMailer(Path(unquote(parts.path)), mail_from, own_host)
    return SmtpMailer(parts, mail_from, own_host)


def message_of(envelope: Envelope, mail_from: str, own_host: str) -> EmailMessage:
    """The message, in both forms. Header fields cannot hold line breaks: whatever has one becomes one line."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = one_line(mail_from)
    message["To"] = one_line(envelope.to)
    message["Subject"] = one_line(envelope.subject)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{envelope.name}@{own_host}>"
    message["Auto-Submitted"] = "auto-generated"
    if envelope.stop_url:
        message["List-Unsubscribe"] = f"<{one_line(envelope.stop_url)}>"
    message.set_content(envelope.text)
    message.add_alternative(envelope.html, subtype="html")
    return message


def one_line(words: str) -> str:
    """Words without line breaks and other control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


class FolderMailer:
    """Writes each mail into a folder, whole or not at all; a second try writes the same file again."""

    def __init__(self, folder: Path, mail_from: str, own_host: str) -> None:
        self._folder = folder
        self._from = mail_from
        self._own_host = own_host

    def send(self, envelope: Envelope) -> None:
        """Write `<name>.eml`. Raises `MailNotNow`."""
        path = self._folder / f"{envelope.name}.eml"
        draft = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(bytes(message_of(envelope, self._from, self._own_host)))
            draft.replace(path)
        except OSError as error:
            raise MailNotNow(f"The folder of mails cannot be written: {error.strerror}.") from error


class SmtpMailer:
    """One connection a mail. The line is encrypted where the server offers it; a password goes to another machine only then."""

    def __init__(
        self, server: SplitResult, mail_from: str, own_host: str, context: ssl.SSLContext | None = None
    ) -> None:
        self._host = server.hostname or ""
        self._port = server.port or PORTS[server.scheme]
        self._encrypted = server.scheme == "smtps"
        self._user = unquote(server.username or "")
        self._password = unquote(server.password or "")
        self._from = mail_from
        self._own_host = own_host
        self._context = context or ssl.create_default_context()

    def __repr__(self) -> str:
        return f"SmtpMailer({self._host!r}, {self._port}, ••••)"

    def send(self, envelope: Envelope) -> None:
        """Hand one mail over. Raises `MailRefused` or `MailNotNow`."""
        message = message_of(envelope, self._from, self._own_host)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise self._not_reached(error) from error
        try:
            self._sign_in(server)
            server.send_message(message, parseaddr(self._from)[1], [envelope.to])
        except (OSError, smtplib.SMTPException) as error:
            raise self._not_taken(error) from error
        finally:
            # The mail is taken or not by now; how the server says good-bye does not matter.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._encrypted:
            return smtplib.SMTP_SSL(
                self._host, self._port, self._own_host, timeout=SECONDS, context=self._context
            )
        server = smtplib.SMTP(self._host, self._port, self._own_host, timeout=SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=self._context)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self._user:
            return
        if not isinstance(server.sock, ssl.SSLSocket) and not is_this_machine(self._host):
            raise MailNotNow("The mail server offers no encryption, so our password was not sent to it.")
        server.login(self._user, self._password)

    def _not_reached(self, error: Exception) -> MailTrouble:
        if isinstance(error, ssl.SSLCertVerificationError):
            return MailNotNow("The mail server's certificate cannot be trusted.")
        if isinstance(error, smtplib.SMTPResponseException):
            return MailNotNow(f"The mail server takes no mail now ({error.smtp_code}).")
        return MailNotNow(f"The mail server {self._host} does not answer.")

    def _not_taken(self, error: Exception) -> MailTrouble:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return refusal("The mail server refused this address", error.recipients)
        if isinstance(error, smtplib.SMTPDataError):
            return refusal("The mail server refused this mail", {"": (error.smtp_code, error.smtp_error)})
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return MailNotNow(f"The mail server refused our sign-in ({error.smtp_code}).")
        if isinstance(error, smtplib.SMTPSenderRefused):
            return MailNotNow(f"The mail server refused our own address ({error.smtp_code}).")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return MailNotNow("The mail server offers no sign-in that we know.")
        return MailNotNow("The mail server did not say whether it took the mail.")


def refusal(what: str, answers: Mapping[str, tuple[int, bytes | str]]) -> MailTrouble:
    """What a server's answer about an address or a mail means: 5xx is for good, anything else is not now."""
    code, said = next(iter(answers.values()))
    words = (
        one_line((said.decode(errors="replace") if isinstance(said, bytes) else said).splitlines()[0])
        if said
        else ""
    )
    sentence = f"{what}: {code} {words[:LONGEST_WORDS]}".rstrip()
    return MailRefused(sentence) if 500 <= code < 600 else MailNotNow(sentence)
