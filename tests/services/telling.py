"""A connection whose file's books and shop nobody needs: orders and runs as rows, ended as a worker ends them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.connections import Connection
from portal.models.mails import Mail, MailAddress, MailMemory
from portal.models.orders import Order
from portal.models.runs import Run, RunKind, RunState
from portal.services import runs
from portal.services.notices import tell_of_run
from portal.sync.problems import Code, Problem, invoice_exists, item_not_found
from tests.factories import make_connection, make_file, make_firm, make_run
from tests.mailroom import Mailroom

ADA, BO = "ada@example.com", "bo@example.com"
DEAD = Problem(Code.STORE_CREDENTIALS, "BigCommerce refused the Access Token.")
_numbers = count(1)


@dataclass
class Books:
    """One connection that notifies `ada@example.com`, which has confirmed it."""

    session: Session
    mailroom: Mailroom
    connection: Connection
    orders: dict[int, Order] = field(default_factory=dict)

    def needs(self, number: int, dollars: str = "60.00", problem: Problem | None = None) -> Order:
        """An order that needs somebody, or what else its problem says."""
        problem = problem or item_not_found(number, "sh-hoodie-with-logo")
        return self.order(number, dollars, state="failed", turn=str(problem.turn), problems=[row_of(problem)])

    def order(self, number: int, dollars: str = "60.00", **values: Any) -> Order:
        """An order of the connection."""
        now = self.mailroom.clock.now()
        made = Order(
            firm_id=self.connection.firm_id,
            connection_id=self.connection.id,
            saasu_file_id=self.connection.file.file_id,
            store_hash=self.connection.store_hash,
            order_id=number,
            total=Decimal(dollars),
            order_created_at=now,
            order_modified_at=now,
            first_seen_at=now,
            decided_at=now,
            **values,
        )
        self.session.add(made)
        self.session.commit()
        self.orders[number] = made
        return made

    def exists(self, number: int, dollars: str = "60.00", *, same: bool = False) -> Order:
        """An order whose number Saasu was found to have, on a sale that comes to the `same` or was not compared."""
        problem = invoice_exists(number, f"SHO{number}")
        asks = {"look_once": not same, "turn": None if same else "you"}
        return self.order(number, dollars, state="exists", problems=[row_of(problem)], **asks)

    def solve(self, number: int) -> None:
        """The order is posted by no run that matters here."""
        order = self.orders[number]
        order.state, order.problems, order.turn = "posted", [], None
        self.session.commit()

    def run(
        self,
        *posted: int,
        problem: Problem | None = None,
        kind: RunKind = RunKind.HOURLY,
        backfill_id: str | None = None,
        during: Callable[[], object] = lambda: None,
    ) -> Run:
        """One run to its end an hour later; it posted these orders, at 20.00 each. `during`: what else happens in it."""
        self.mailroom.clock.forward(hours=1)
        now = self.mailroom.clock.now()
        run = make_run(self.session, self.connection, kind, now)
        run.backfill_id = backfill_id
        runs.begin(self.session, run.id, 1, now)
        for number in posted:
            self.order(number, "20.00", state="posted", run_id=run.id, posted_at=now)
        run.posted = len(posted)
        self.session.commit()
        self.mailroom.clock.forward(minutes=1)
        during()
        state = runs.state_for(problem) if problem else RunState.FINISHED
        runs.finish(
            self.session, run, 1, state, problem, self.mailroom.clock.now(),
            lambda ended: tell_of_run(self.session, self.mailroom.outside, ended, problem),
        )  # fmt: skip
        return run

    def mails(self, to: str = ADA) -> list[Mail]:
        """The mails of this connection to an address, oldest first."""
        found = self.session.scalars(
            select(Mail)
            .where(Mail.connection_id == self.connection.id, Mail.to_address == to)
            .order_by(Mail.created_at, Mail.id)
        )
        return list(found)

    def subjects(self, to: str = ADA) -> list[str]:
        """Their subjects without the file's name."""
        return [mail.subject.removeprefix(f"{self.connection.file.name}: ") for mail in self.mails(to)]

    def memory(self) -> MailMemory:
        """What was told last."""
        self.session.expire_all()
        return self.session.get_one(MailMemory, self.connection.id)


def row_of(problem: Problem) -> dict[str, str]:
    return {"code": str(problem.code), "sentence": problem.sentence, "subject": problem.subject}


def books(session: Session, mailroom: Mailroom, when: str = "changed", **more: Any) -> Books:
    """A connection that notifies; `file` shares a login with others."""
    file = more.pop("file", None) or make_file(session, make_firm(session))
    connection = make_connection(session, file, f"store{next(_numbers)}")
    connection.notify, connection.notify_when = True, when
    connection.notification_email = more.pop("to", ADA)
    connection.next_run_at = mailroom.clock.now() + timedelta(minutes=30)
    session.commit()
    for address in connection.notification_email.split(", "):
        confirmed(session, mailroom, connection.firm_id, address)
    return Books(session, mailroom, connection)


def confirmed(session: Session, mailroom: Mailroom, firm_id: str, address: str) -> MailAddress:
    """An address of a firm that has said yes."""
    known = session.scalar(
        select(MailAddress).where(MailAddress.firm_id == firm_id, MailAddress.address == address)
    )
    now = mailroom.clock.now()
    row = known or MailAddress(firm_id=firm_id, address=address, asked_at=now, confirmed_at=now)
    session.add(row)
    session.commit()
    return row
