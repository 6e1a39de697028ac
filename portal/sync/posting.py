"""Posting one order exactly once: intent committed before, outcome after, every answer classified (SYNC §7.3, §7.4)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.sync.customers import Contacts, contacts_for
from portal.sync.evidence import Evidence, Why
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    NumberTaken,
    OutcomeLost,
    PeriodLocked,
    Refused,
    RemoteFailure,
    StillWriting,
    Throttled,
    Unreachable,
    books_problem,
)
from portal.sync.goods import unread_combos
from portal.sync.mapping import Mapped, map_order, sale_order
from portal.sync.orders import CompleteOrder
from portal.sync.planning import LONGEST_INTENT, SETTLE_WITH_NUMBER, Ignore, Reject, by_rules, next_try
from portal.sync.ports import Books, Clock, Intent, Ledger, OrderRecord, Outcome, State
from portal.sync.problems import Code, Problem, RunStopped, about_order
from portal.sync.proving import ReadBack
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.sale_orders import AUTO_NUMBER, PostedOrder, SaleOrder
from portal.sync.settling import exists_outcome, look_up, verdict
from portal.sync.shapes import shape_stopped

SAME_REFUSAL_LIMIT = 3
LOST_LIMIT = 3


@dataclass(slots=True, kw_only=True)
class Poster:
    """Takes due orders one after the other; remembers refusals and lost answers that come in a row. `afford` is asked before each page of a look-up."""

    rules: Rules
    books: Books
    ledger: Ledger
    clock: Clock
    catalogue: Catalogue
    parts: Callable[[Item], Item]
    read_back: ReadBack
    afford: Callable[[], None]
    refusals_running: list[str] = field(default_factory=list)
    lost_running: int = 0
    left_at: datetime | None = None
    """When the last post was handed over to be sent, its turn taken; it leaves within the pacer's patience or not at all."""

    def take(self, record: OrderRecord, complete: CompleteOrder) -> None:
        """Decide about one complete order, post it if nothing speaks against it, and record the outcome."""
        refusal = refused_by_rules(complete, self.rules, record)
        if refusal is not None:
            self.ledger.settle(record, refusal)
            return
        self._read_parts(complete)
        mapped = map_order(complete, self.rules, self.catalogue)
        if not isinstance(mapped, Mapped):
            failed = Outcome(state=State.FAILED, problems=mapped.problems, bridge=mapped.bridge)
            self.ledger.settle(record, failed)
            return
        stopped = self.read_back.stopped(mapped.sale)
        if stopped:
            problem = shape_stopped(record.order_id, stopped)
            self.ledger.settle(record, Outcome(state=State.FAILED, problems=(problem,), bridge=mapped.bridge))
            return
        try:
            contacts = contacts_for(complete, self.rules, self.books, self.ledger)
            self.books.reserve()
        except RemoteFailure as failure:
            self._contact_failed(record, failure, mapped)
            return
        sale = sale_order(mapped, contacts.billing_id, contacts.shipping_id, contacts.delivery_note)
        sale = replace(sale, number=record.number or sale.number)
        # A number that was used again may be posted where a person asked for it: then its row is about the order that is sent.
        record = replace(record, created_at=complete.order.created_at)
        self._send(record, sale, mapped, contacts)

    def _read_parts(self, complete: CompleteOrder) -> None:
        """Read the parts of the combo items that a pick list of this order depends on."""
        for combo in unread_combos(complete, self.rules, self.catalogue.items):
            try:
                self.catalogue = self.catalogue.with_item(self.parts(combo))
            except RemoteFailure as failure:
                raise RunStopped(books_problem(failure)) from failure

    def _contact_failed(self, record: OrderRecord, failure: RemoteFailure, mapped: Mapped) -> None:
        if isinstance(failure, Refused):
            words = f"Saasu refused the contact: {failure.sentence}"
            problem = about_order(Code.SAASU_REFUSED, record.order_id, words)
            self.ledger.settle(record, self._refusal(record, problem, mapped))
            return
        if isinstance(failure, StillWriting):
            problem = about_order(
                Code.OUTCOME_UNKNOWN, record.order_id, f"{failure.sentence}; nothing was posted"
            )
            again = self.clock.now() + SETTLE_WITH_NUMBER
            waits = Outcome(state=State.FAILED, problems=(problem,), retry_at=again, bridge=mapped.bridge)
            self.ledger.settle(record, waits)
            return
        if isinstance(failure, OutcomeLost | Unreachable) and self.lost_running + 1 < LOST_LIMIT:
            self.lost_running += 1
            words = "Saasu did not answer about this customer; nothing was posted"
            problem = about_order(Code.OUTCOME_UNKNOWN, record.order_id, words)
            self.ledger.settle(record, self._refusal(record, problem, mapped))
            return
        raise RunStopped(books_problem(failure)) from failure

    def _send(self, record: OrderRecord, sale: SaleOrder, mapped: Mapped, contacts: Contacts) -> None:
        """Commit the intent, send if it is still fresh, and commit what came back."""
        intent = Intent(
            number=sale.number,
            marker=sale.marker,
            fingerprint=fingerprint(sale),
            sent_at=self.clock.now(),
            bridge=mapped.bridge,
            notes=mapped.notes + contacts.notes,
            look_once=contacts.renamed,
        )
        record = self.ledger.sending(record, intent)
        self.left_at = self.clock.now()
        if self.left_at - intent.sent_at > LONGEST_INTENT:
            self.ledger.settle(record, Outcome(state=State.SEEN, note="Held up before sending; not sent."))
            return
        try:
            posted = self.books.post(sale)
        except RemoteFailure as failure:
            self._not_posted(record, failure, mapped)
            return
        self.refusals_running.clear()
        self.lost_running = 0
        self._answered(record, posted_outcome(posted, mapped, contacts))
        self.read_back.posted(record, sale, posted.invoice_id)

    def _answered(self, record: OrderRecord, outcome: Outcome) -> None:
        """Commit what came of a post that left here, and when it left."""
        proof = replace(outcome.evidence or Evidence(), left_at=self.left_at)
        self.ledger.settle(record, replace(outcome, evidence=proof))

    def _not_posted(self, record: OrderRecord, failure: RemoteFailure, mapped: Mapped) -> None:
        """Classify what came back instead of an answer (SYNC §7.4).

        A number that Saasu was to give and says is taken is a refusal like any other: there is no number of ours to look up.
        """
        match failure:
            case NumberTaken() if record.number != AUTO_NUMBER:
                self._answered(record, self._who_has_the_number(record, mapped))
            case PeriodLocked():
                words = f"Saasu says the period is locked: {failure.sentence}"
                problem = about_order(Code.PERIOD_LOCKED, record.order_id, words)
                self._answered(record, self._refusal(record, problem, mapped))
            case Refused():
                self._refused(record, failure, mapped)
            case OutcomeLost():
                self._lost(record, failure, mapped)
            case Throttled() | Denied() | CredentialsRefused() | Unreachable() | _:
                not_sent = Outcome(state=State.SEEN, note=f"Not sent: {failure.sentence}")
                if isinstance(failure, Unreachable):
                    self.ledger.settle(record, not_sent)  # it never left, so no moment is kept
                else:
                    self._answered(record, not_sent)
                raise RunStopped(books_problem(failure)) from failure

    def _who_has_the_number(self, record: OrderRecord, mapped: Mapped) -> Outcome:
        """Look the taken number up: our own marker means posted, anything else means it exists."""
        now = self.clock.now()
        try:
            listing = look_up(self.books, [record], now, self.afford)
        except RemoteFailure as failure:
            words = "Saasu says that its number is taken, and could not be asked by what; it is looked up before anything is sent again"
            unknown = Outcome(
                state=State.UNKNOWN,
                problems=(about_order(Code.OUTCOME_UNKNOWN, record.order_id, words),),
                note="Saasu says the number is taken.",
                bridge=mapped.bridge,
                evidence=Evidence(why=Why.TAKEN),
            )
            self._answered(record, unknown)
            raise RunStopped(books_problem(failure)) from failure
        found = verdict(record, self.rules.store_hash, listing, now, Why.TAKEN)
        if found.state is State.POSTED:
            return replace(found, bridge=mapped.bridge)
        if found.state is State.EXISTS:
            return found
        return replace(exists_outcome(record, record.number), evidence=found.evidence)

    def _refused(self, record: OrderRecord, failure: Refused, mapped: Mapped) -> None:
        problem = about_order(Code.SAASU_REFUSED, record.order_id, f"Saasu refused it: {failure.sentence}")
        self._answered(record, self._refusal(record, problem, mapped))
        if self.refusals_running and self.refusals_running[-1] != failure.sentence:
            self.refusals_running.clear()
        self.refusals_running.append(failure.sentence)
        if len(self.refusals_running) >= SAME_REFUSAL_LIMIT:
            words = f"Saasu refused {SAME_REFUSAL_LIMIT} orders running with the same sentence: {failure.sentence}"
            raise RunStopped(Problem(Code.SAASU_REFUSED, words)) from failure

    def _lost(self, record: OrderRecord, failure: OutcomeLost, mapped: Mapped) -> None:
        words = "sent to Saasu, but the answer was lost; it is looked up before anything is sent again"
        problem = about_order(Code.OUTCOME_UNKNOWN, record.order_id, words)
        outcome = Outcome(
            state=State.UNKNOWN, problems=(problem,), note=failure.sentence, bridge=mapped.bridge
        )
        self._answered(record, outcome)
        self.lost_running += 1
        if self.lost_running >= LOST_LIMIT:
            raise RunStopped(books_problem(failure)) from failure

    def _refusal(self, record: OrderRecord, problem: Problem, mapped: Mapped) -> Outcome:
        return Outcome(
            state=State.FAILED,
            problems=(problem,),
            retry_at=next_try(record.refusals, self.clock.now()),
            bridge=mapped.bridge,
        )


def refused_by_rules(complete: CompleteOrder, rules: Rules, record: OrderRecord) -> Outcome | None:
    """The outcome where a rule speaks against the order as it is now; `None` where it may be mapped."""
    match by_rules(complete.order, rules, record):
        case Ignore(reason, look_once):
            return Outcome(state=State.IGNORED, ignored=reason, look_once=look_once)
        case Reject(problem):
            return Outcome(state=State.FAILED, problems=(problem,))
    return None


def posted_outcome(posted: PostedOrder, mapped: Mapped, contacts: Contacts) -> Outcome:
    """The outcome of an order that Saasu took; somebody looks once at one that renamed its contact (SCREENS: the language)."""
    return Outcome(
        state=State.POSTED,
        posted=posted,
        bridge=mapped.bridge,
        notes=mapped.notes + contacts.notes,
        look_once=contacts.renamed,
    )


def fingerprint(sale: SaleOrder) -> str:
    """SHA-256 of the sale as it is sent, in hex."""
    return hashlib.sha256(repr(sale).encode()).hexdigest()
