"""A mail server for tests: the sandbox's mailbox on a real port, and an outside whose mails go there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.mails import Mail
from portal.services import outbox
from portal.services.remotes import Outside
from portal.sync.letters import Letter, Line
from portal.sync.notices import Kind
from sandbox.documents import Documents
from sandbox.mailbox.receiver import Receiver
from sandbox.mailbox.state import Mailbox
from tests.factories import NOON
from tests.fakes import FakeClock

HOST = "127.0.0.1"
FROM = "Cartledger <cartledger@example.com>"


@dataclass
class Mailroom:
    """A mail server that can be stopped and started, and the clock of whoever sends there."""

    app: Flask
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON))
    mailbox: Mailbox = field(default_factory=lambda: Mailbox(Documents(), lambda: NOON))
    receiver: Receiver | None = None
    port: int = 0

    def start(self) -> None:
        self.receiver = Receiver(self.mailbox, HOST, self.port)
        self.port = self.receiver.port

    def stop(self) -> None:
        if self.receiver is not None:
            self.receiver.stop()

    @property
    def outside(self) -> Outside:
        """The outside of the app, with this server and this clock."""
        found = Outside.of(self.app, self.clock.now)
        return replace(
            found, settings=replace(found.settings, mail_url=f"smtp://{HOST}:{self.port}", mail_from=FROM)
        )

    @property
    def without_server(self) -> Outside:
        """The outside of a portal that has no mail server."""
        found = self.outside
        return replace(found, settings=replace(found.settings, mail_url=""))

    def post(self, session: Session) -> list[tuple[str, int]]:
        """Claim what is due and deliver it, as clock and worker do; what was claimed."""
        claimed: list[tuple[str, int]] = []
        outbox.claim_due(
            session, self.clock.now(), lambda mail_id, attempt: claimed.append((mail_id, attempt))
        )
        for mail_id, attempt in claimed:
            outbox.deliver(session, self.outside, mail_id, attempt)
        return claimed

    def came(self, to: str = "") -> list[dict[str, Any]]:
        """The mails that came."""
        return self.mailbox.mails(to)

    def refuse(self, **order: object) -> None:
        self.mailbox.refuse(order)


@contextmanager
def mailroom_for(app: Flask) -> Iterator[Mailroom]:
    """A mailroom of an app, open for the block."""
    room = Mailroom(app)
    room.start()
    try:
        yield room
    finally:
        room.stop()


def letter(subject: str = "Jam Tin: 3 posted", words: str = "* Order #999: Unable to find product") -> Letter:
    return Letter(subject=subject, heading=words, main=Line("Open", "http://127.0.0.1:8000/runs/1"))


def put(session: Session, outside: Outside, firm_id: str, to: str = "ada@example.com", **more: Any) -> Mail:
    """A mail in the outbox."""
    values: dict[str, Any] = {"kind": Kind.CONFIRM, "letter": letter()}
    mail = outbox.put(session, outside, firm_id=firm_id, to=to, **(values | more))
    session.commit()
    return mail


def subjects(session: Session, where: Callable[[Mail], bool] = lambda _mail: True) -> list[str]:
    """The subjects in the outbox, oldest first."""
    found = session.scalars(select(Mail).order_by(Mail.created_at, Mail.id))
    return [mail.subject for mail in found if where(mail)]


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def after(moment: datetime, **more: int) -> datetime:
    return moment + timedelta(**more)
