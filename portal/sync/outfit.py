"""Everything one run works with, handed in: the engine does not sleep, log in or open anything."""

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.sync.already import Looker
from portal.sync.known_sales import Complete, KnownSales
from portal.sync.ports import Books, Clock, Ledger
from portal.sync.rules import Catalogue, Item, Rules
from portal.sync.shop_port import Shop


@dataclass(slots=True, kw_only=True)
class Sync:
    """Everything one run works with. `catalogue` is called at most once a run, and only when an order waits.

    `rules_now` reads the rules anew, where a person changed them while the run is at work. `parts` reads the parts of a combo item, for an order that depends on them.
    """

    rules: Rules
    rules_now: Callable[[], Rules]
    shop: Shop
    books: Books
    ledger: Ledger
    sales: KnownSales
    clock: Clock
    catalogue: Callable[[], Catalogue]
    parts: Callable[[Item], Item] = lambda item: item
    report: Callable[[Exception], None] = lambda _fault: None
    """Hears of a fault of ours in one order; the run goes on."""
    afford: Callable[[], None] = lambda: None
    """Asked before each piece of work that costs calls of Saasu; raises `RunStopped` where the day's allowance is used up (SYNC §9)."""

    complete: Complete = field(default_factory=Complete)
    """The run's last complete listing of what Saasu has, which serves all its later orders (SYNC §7.7)."""

    def __post_init__(self) -> None:
        """Let the ledger know the rules."""
        self.ledger.judge_by(self.rules)

    def renew_rules(self) -> None:
        """Judge by the rules as they are now."""
        self.rules = self.rules_now()
        self.ledger.judge_by(self.rules)

    @property
    def looker(self) -> Looker:
        """Who looks for orders that Saasu has already (SYNC §7.7)."""
        return Looker(
            rules=self.rules,
            books=self.books,
            ledger=self.ledger,
            sales=self.sales,
            complete=self.complete,
            clock=self.clock,
            afford=self.afford,
        )
