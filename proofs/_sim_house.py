"""The whole runs of `prove simulate`: under kills, pauses, lost and late answers, by a virtual clock (SYNC §7; ASSURANCE A3).

One seed is one schedule. The runs are the product's own: `services.runs.claim_due` and `sweep` queue them, `services.syncing.carry_out`
carries them out over `SqlLedger`, the lease and `SqlKnownSales` on SQLite; the shop, Saasu and the clocks are made up. Saasu's own check
of numbers is off in three schedules of four (then late sales come within the settle time), on in the others (then at any time). Not in
it: HTTP and how its answers are classified, the mirrors of contacts, the day's allowance, a pause between the last look at the
clock and the call, and workers whose clocks differ by more than the settle time less the lateness of a sale.
"""

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, delete, func, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portal.database import db, listen_sqlite
from portal.ledger import Seal, SqlKnownSales, SqlLedger, fenced, pages, sales
from portal.models.accounts import Firm
from portal.models.connections import Connection, SaasuFile, SaasuLogin
from portal.models.orders import Order
from portal.models.runs import OPEN, Run
from portal.services import runs, syncing
from portal.sync import engine as engines
from portal.sync import settling
from portal.sync.outfit import Sync
from portal.sync.ports import Intent, OrderRecord, Outcome, State
from portal.sync.sale_orders import marker
from proofs._sim_judge import faults_of
from proofs._sim_world import (
    BEGAN,
    CATALOGUE,
    CHAOS,
    Killed,
    PretendBooks,
    PretendShop,
    Stepped,
    Worker,
    World,
)

STORE = "abc123"
SEAL = Seal(seal=lambda _row, _field, text: text.encode(), open=lambda _row, _field, sealed: sealed.decode())
SETTLED = (State.POSTED, State.EXISTS)
ENOUGH = 3
"""Seeds that catch a planted fault before the next fault's turn comes."""


@dataclass
class Tally:
    """What one process found: seeds with what was wrong, and how often each fault happened."""

    schedules: int = 0
    bad: dict[int, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class House:
    """The portal's side of one schedule: a database with one connection, its queue, and its workers."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world, self._engine = world, engine
        self.working: set[Worker] = set()
        self.waiting: set[tuple[str, int]] = set()
        self.session = Session(engine, expire_on_commit=False)
        for table in reversed(db.metadata.sorted_tables):
            self.session.execute(delete(table))
        firm = Firm(name="Acacia", created_at=BEGAN, wrapped_data_key=b"", key_id="k")
        self.session.add(firm)
        self.session.flush()
        login = SaasuLogin(
            firm_id=firm.id, username="b@example.com", refresh_token=b"", access_token=b"",
            access_expires_at=BEGAN, signed_in_at=BEGAN,
        )  # fmt: skip
        file = SaasuFile(
            firm_id=firm.id, login=login, file_id=7001, name="Jam Tin", currency="AUD", created_at=BEGAN
        )
        start = BEGAN - timedelta(days=1)
        self.session.add(file)
        self.session.flush()
        connection = Connection(
            firm_id=firm.id, file=file, store_hash=STORE, enabled=True, prefix=world.prefix, created_at=BEGAN,
            start_at=start, watermark=start, minute=7, next_run_at=BEGAN,
        )  # fmt: skip
        self.session.add(connection)
        self.session.commit()
        self.connection_id = connection.id

    def ring(self, run_id: str, attempt: int) -> None:
        """A run's id goes onto the queue, unless it is lost on the way, or arrives twice."""
        if self.world.happens("ring lost", 0.08):
            return
        self.waiting.add((run_id, attempt))
        for _ in range(2 if self.world.happens("ring twice", 0.08) else 1):
            self.world.later(self.world.dice.uniform(0.1, 3), partial(self.deliver, run_id, attempt))

    def deliver(self, run_id: str, attempt: int) -> None:
        """A free worker takes a run from the queue; while none is free it waits there."""
        if len(self.working) >= len(self.world.skews):
            self.world.later(5, partial(self.deliver, run_id, attempt))
            return
        self.waiting.discard((run_id, attempt))
        used = {worker.skew for worker in self.working}
        free = [skew for skew in self.world.skews if skew not in used] or self.world.skews
        self.world.start(partial(self.work, Worker(self.world, free[0]), run_id, attempt))

    def work(self, worker: Worker, run_id: str, attempt: int) -> None:
        """One delivery, to its end or the worker's."""
        self.working.add(worker)
        session = Session(self._engine, expire_on_commit=False)
        try:
            outside: Any = None
            state = syncing.carry_out(session, outside, run_id, attempt, worker)
            self.world.say(f"run {run_id[:4]} attempt {attempt} ends: {state}")
        except Killed:
            pass
        finally:
            session.close()
            self.working.discard(worker)

    def tick(self, skew: timedelta = timedelta(0)) -> None:
        """One scheduler does what is due by its clock."""
        now = self.world.now + skew
        runs.claim_due(self.session, now, self.ring)
        runs.sweep(self.session, now, self.waiting, self.ring)
        self.session.rollback()

    def due_now(self) -> None:
        """Make the connection due."""
        self.session.execute(update(Connection).values(next_run_at=self.world.now - timedelta(minutes=10)))
        self.session.commit()

    def open_runs(self) -> bool:
        """Whether any run waits or is at work."""
        found = self.session.scalar(select(Run.id).where(Run.state.in_(OPEN)).limit(1)) is not None
        self.session.rollback()
        return found or bool(self.working)

    def whole_run(self) -> None:
        """In a calm world: a run from its ring to its end."""
        self.due_now()
        for _ in range(60):
            self.tick()
            self.world.run_until(self.world.now + timedelta(seconds=20))
            if not self.open_runs():
                return

    def rows(self) -> dict[str, tuple[str, int | None]]:
        """What the ledger says, by marker."""
        found = self.session.execute(select(Order.order_id, Order.state, Order.invoice_id)).all()
        self.session.rollback()
        return {marker(STORE, row.order_id): (row.state, row.invoice_id) for row in found}


def build_sync(session: Session, _outside: Any, run: Run, fence: int, worker: Any) -> Sync:
    """What a run works with here, in the place of `syncing.build_sync`."""
    connection = run.connection

    def rules_now() -> Any:
        session.rollback()
        found = syncing.rules_of(connection, worker.now())
        session.rollback()
        return found

    # Nothing is held open across a point, where another worker's turn may come.
    ledger: Any = Stepped(SqlLedger(session, connection, run, fence, worker, SEAL), worker)
    known: Any = Stepped(SqlKnownSales(session, connection, fence, worker), worker)
    shop: Any = PretendShop(worker)
    books: Any = PretendBooks(worker)
    rules = rules_now()
    session.commit()
    return Sync(
        rules=rules, rules_now=rules_now, shop=shop, books=books, ledger=ledger, sales=known,
        clock=worker, catalogue=lambda: CATALOGUE, report=worker.faulty,
    )  # fmt: skip


def schedule(seed: int, engine: Engine) -> tuple[World, list[str]]:
    """Carry out one schedule to its settled end; the world as it then is, and what is wrong."""
    world = World(seed)
    house = House(world, engine)
    dice = world.dice
    for number in range(100, 100 + dice.randint(2, 5)):
        at = dice.uniform(0, CHAOS - 600)
        pending = dice.random() < 0.3
        world.later(at, partial(world.place, number, 1 if pending else 11))
        if dice.random() < 0.4:
            world.later(at + dice.uniform(1, 300), partial(world.place, number, 1 if pending else 10))
        if pending:
            world.later(at + 550, partial(world.place, number, 11))
    for second in range(0, CHAOS, 150):
        skew = timedelta(seconds=dice.randint(-480, 480))
        world.later(second + dice.uniform(0, 100), partial(house.tick, skew))
    for _ in range(6):
        world.later(dice.uniform(0, CHAOS), house.due_now)
    world.run_until(BEGAN + timedelta(seconds=CHAOS))
    world.calm = True
    world.say("faults cease")
    for turn in range(14):
        house.whole_run()
        world.run_until(world.now + (timedelta(minutes=61) if turn < 5 else timedelta(hours=25)))
        rows = house.rows()
        if len(rows) == len(world.orders) and all(state in SETTLED for state, _ in rows.values()):
            break
    world.run_until(world.now + timedelta(hours=4))
    before = world.posts
    house.whole_run()
    wrong = faults_of(
        {marker(STORE, number): True for number in world.orders},
        [(one.purchase_order_number, one.invoice_id) for one in world.sales],
        house.rows(),
        world.posts - before,
    )
    if world.counts["fault of ours"]:
        wrong.append(f"fault: {world.counts['fault of ours']} in the engine")
    broken = select(func.count()).select_from(Run).where(Run.problem_sentence == syncing.FAULT)
    if faults := house.session.scalar(broken):
        wrong.append(f"fault: {faults} runs ended by one of ours")
    house.session.close()
    world.counts["posts"] += world.posts
    world.counts["orders"] += len(world.orders)
    return world, wrong


def without_intent() -> None:
    """The order is sent without a word in the ledger before."""

    def sending(self: SqlLedger, record: OrderRecord, intent: Intent) -> OrderRecord:
        kept = self.keep_text(record, record.document)
        return replace(kept, number=intent.number, sent_at=intent.sent_at, bridge=intent.bridge)

    plant(SqlLedger, "sending", sending)


def without_look_up() -> None:
    """What may have been sent is sent again at once."""
    plant(engines, "verdict", lambda *_: Outcome(state=State.SEEN, note="Sent again."))


def without_fence() -> None:
    """No write asks whether the run still holds the connection, nor whether the row is as it was read."""

    def hold_fence(self: Any, **values: Any) -> None:
        self._session.execute(update(Connection).where(Connection.id == self._connection_id).values(**values))

    plant(fenced.FencedRows, "_hold_fence", hold_fence)
    plant(fenced.FencedRows, "_unmoved", lambda self, record: self._locked(record.id))
    plant(pages, "stands_otherwise", lambda *_: False)
    plant(sales, "renew_lease", lambda *_: None)


def plant(where: Any, name: str, fault: object) -> None:
    """Put a fault in the place of what a module or class calls by that name. Raises `KeyError` where it has nothing so called."""
    vars(where)[name]
    setattr(where, name, fault)


FAULTS: dict[str, Callable[[], None]] = {
    "no-intent": without_intent,
    "no-settle": partial(plant, settling, "settle_time", lambda _: timedelta(0)),
    "no-look-up": without_look_up,
    "no-fence-and-no-compare": without_fence,
    "cursor-before-the-page": partial(plant, Stepped, "split_pages", True),
}


def work(template: Path, seeds: Sequence[int], fault: str = "") -> Tally:
    """Carry out many schedules in this process, over the product as it is or with a fault planted; that ends once enough seeds caught it."""
    if fault:
        FAULTS[fault]()
    vars(syncing).update(build_sync=build_sync, tell_of_run=lambda *_: None)
    tally = Tally()
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cl-sim-", dir=shared) as folder:
        engine = create_engine(f"sqlite:///{shutil.copy(template, folder)}")
        listen_sqlite(engine)
        for seed in seeds:
            world, wrong = schedule(seed, engine)
            tally.schedules += 1
            tally.counts.update(world.counts)
            if wrong:
                tally.bad[seed] = wrong
            if fault and len(tally.bad) >= ENOUGH:
                break
        engine.dispose()
    return tally


def replay(template: Path, seed: int) -> int:
    """One schedule, told. Returns 1 where something is wrong."""
    vars(syncing).update(build_sync=build_sync, tell_of_run=lambda *_: None)
    engine = create_engine(f"sqlite:///{template}")
    listen_sqlite(engine)
    world, wrong = schedule(seed, engine)
    engine.dispose()
    print("\n".join([*world.trace, *(f"WRONG  {one}" for one in wrong)]))
    print(json.dumps({"seed": seed, "bad": len(wrong), "ended": world.now.isoformat()}))
    return 1 if wrong else 0
