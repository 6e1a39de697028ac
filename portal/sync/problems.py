"""Problems: a code, a sentence, whose turn it is, and whether trying again can help (SYNC §8).

The sentences of `item_not_found` and `invoice_exists` are fixed by the source document, word for word.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Turn(StrEnum):
    """Who has to act before the order or the run can go on."""

    YOU = "you"
    CLIENT = "client"
    US = "us"
    WAIT = "wait"


class Code(StrEnum):
    """Every problem there is; a closed list."""

    ITEM_NOT_FOUND = "ITEM_NOT_FOUND"
    INVOICE_EXISTS = "INVOICE_EXISTS"
    LINE_WITHOUT_SKU = "LINE_WITHOUT_SKU"
    ITEM_UNUSABLE = "ITEM_UNUSABLE"
    SHIPPING_ITEM_MISSING = "SHIPPING_ITEM_MISSING"
    FEE_ITEM_MISSING = "FEE_ITEM_MISSING"
    TAX_CODE_MISSING = "TAX_CODE_MISSING"
    TAX_RATE_UNKNOWN = "TAX_RATE_UNKNOWN"
    TOTALS_DIFFER = "TOTALS_DIFFER"
    GST_DIFFERS = "GST_DIFFERS"
    INCOMPLETE_READ = "INCOMPLETE_READ"
    ORDER_UNREADABLE = "ORDER_UNREADABLE"
    ORDER_ID_REUSED = "ORDER_ID_REUSED"
    SAASU_REFUSED = "SAASU_REFUSED"
    PERIOD_LOCKED = "PERIOD_LOCKED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    POSTED_TOTAL_DIFFERS = "POSTED_TOTAL_DIFFERS"
    STORE_CREDENTIALS = "STORE_CREDENTIALS"
    STORE_SCOPE = "STORE_SCOPE"
    STORE_SUSPENDED = "STORE_SUSPENDED"
    STORE_UNREACHABLE = "STORE_UNREACHABLE"
    SAASU_CREDENTIALS = "SAASU_CREDENTIALS"
    SAASU_TWO_FACTOR = "SAASU_TWO_FACTOR"
    SAASU_FILE = "SAASU_FILE"
    SAASU_PLAN = "SAASU_PLAN"
    SAASU_QUOTA = "SAASU_QUOTA"
    SAASU_UNREACHABLE = "SAASU_UNREACHABLE"
    FLOOD = "FLOOD"


ORDER_CODES = frozenset(
    code for code in Code if not code.startswith(("STORE_", "SAASU_", "FLOOD")) or code is Code.SAASU_REFUSED
)
"""The problems of one order; the others are a run's or a connection's (SYNC §8)."""


class Ignored(StrEnum):
    """Why an order is `ignored`."""

    STATUS = "STATUS"
    CURRENCY = "CURRENCY"
    BEFORE_START = "BEFORE_START"
    WHILE_OFF = "WHILE_OFF"
    DELETED = "DELETED"
    BY_PERSON = "BY_PERSON"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code always means: whose turn, whether again can help, why it happens, what to do; `sentence` is one as people read it."""

    turn: Turn
    again_helps: bool
    why: str
    to_do: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why an order or a run needs somebody. `subject` is what it is about: a SKU, a number, a field."""

    code: Code
    sentence: str
    subject: str = ""

    @property
    def meaning(self) -> Meaning:
        """What this problem's code always means."""
        return MEANINGS[self.code]

    @property
    def turn(self) -> Turn:
        """Whose turn it is."""
        return self.meaning.turn


class RunStopped(Exception):
    """A run's problem: it ends the run early, keeps what is done, and is never repeated on each order (SYNC §8).

    `again_at` is when the work goes on by itself, where that is known (aware UTC).
    """

    def __init__(self, problem: Problem, again_at: datetime | None = None) -> None:
        super().__init__(problem.sentence)
        self.problem = problem
        self.again_at = again_at


def item_not_found(order_id: int, sku: str) -> Problem:
    """The source document's sentence for a missing item, exactly."""
    return Problem(
        Code.ITEM_NOT_FOUND, f"Order #{order_id}: Unable to find product with BigCommerce sku/code={sku}", sku
    )


def invoice_exists(order_id: int, number: str) -> Problem:
    """The source document's sentence for a number that Saasu already has, exactly."""
    return Problem(
        Code.INVOICE_EXISTS, f"Order #{order_id}: Invoice with number {number} already exists.", number
    )


def about_order(code: Code, order_id: int, words: str, subject: str = "") -> Problem:
    """A problem of one order: `Order #<id>: <words>`."""
    return Problem(code, f"Order #{order_id}: {words}", subject)


MEANINGS: dict[Code, Meaning] = {
    Code.ITEM_NOT_FOUND: Meaning(
        Turn.YOU,
        True,
        "The shop sold a SKU that no item of the Saasu file has as its code.",
        "Create the item in Saasu with that code, or name the item that is meant, then retry.",
        item_not_found(999, "sh-hoodie-with-logo").sentence,
    ),
    Code.INVOICE_EXISTS: Meaning(
        Turn.YOU,
        False,
        "Saasu has this number on a sale that Cartledger did not put there.",
        "Look at that sale in Saasu. If it is of this order, press It is this order on its page; otherwise give that sale another number in Saasu, then Retry.",
        invoice_exists(120, "SHO120").sentence,
    ),
    Code.LINE_WITHOUT_SKU: Meaning(
        Turn.CLIENT,
        True,
        "A line that costs something has no SKU, so no Saasu item can be found for it.",
        "Give the product a SKU in the shop, or enter this sale in Saasu by hand.",
        "Order #1041: the line “Engraving” costs 15.00 and has no SKU",
    ),
    Code.ITEM_UNUSABLE: Meaning(
        Turn.YOU,
        True,
        "The item with this code is inactive or is not sold in Saasu.",
        "Make the item active and tick that you sell it, then retry.",
        "Order #1042: the Saasu item MUG-BLUE is inactive",
    ),
    Code.SHIPPING_ITEM_MISSING: Meaning(
        Turn.YOU,
        True,
        "The order charges for shipping and the connection has no Shipping Item.",
        "Choose a Shipping Item on the connection's page, then retry.",
        "Order #1043: 12.00 is charged for shipping, but no Shipping Item is chosen",
    ),
    Code.FEE_ITEM_MISSING: Meaning(
        Turn.YOU,
        True,
        "The order charges a fee and the connection has no item for fees.",
        "Choose a Fee Item under More choices on the connection's page, then retry.",
        "Order #1044: 2.50 is charged for the fee Card surcharge, but no Fee Item is chosen",
    ),
    Code.TAX_CODE_MISSING: Meaning(
        Turn.YOU,
        True,
        "The file has no active tax code for what the shop charged.",
        "Activate the tax code in Saasu, or choose another on the connection's page.",
        "Order #1045: the Saasu file has no active sale tax code G1,G3",
    ),
    Code.TAX_RATE_UNKNOWN: Meaning(
        Turn.YOU,
        False,
        "The shop charged a rate of tax that is neither nil nor 10 %.",
        "Check the shop's tax settings for this product; enter the sale by hand if the rate is right.",
        "Order #1046: the shop charged tax at a rate that is neither nil nor 10 % on “Gift hamper”",
    ),
    Code.TOTALS_DIFFER: Meaning(
        Turn.YOU,
        False,
        "The parts of the order do not add up to the total the customer paid.",
        "Check the order in the shop: its totals may have been changed by hand or by another program.",
        "Order #1047: Total differs: goods, charges and discount come to 120.00, the order says 118.00",
    ),
    Code.GST_DIFFERS: Meaning(
        Turn.YOU,
        False,
        "Saasu would compute GST further from the shop's than rounding explains.",
        "Compare the tax codes of the items with the tax charged in the shop.",
        "Order #1048: GST differs: the shop charged 10.91, Saasu would compute 9.09",
    ),
    Code.INCOMPLETE_READ: Meaning(
        Turn.WAIT,
        True,
        "The shop did not give all the lines of this order, or Saasu did not show a sale that may be of it.",
        "Nothing to do: the next run reads it again.",
        "Order #1049: the shop did not give all its lines",
    ),
    Code.ORDER_UNREADABLE: Meaning(
        Turn.US,
        True,
        "The shop sent this order in a shape we could not read.",
        "We look at it; it is read again whenever it changes in the shop.",
        "Order #1050: the shop's data could not be read: total_inc_tax is missing",
    ),
    Code.ORDER_ID_REUSED: Meaning(
        Turn.YOU,
        False,
        "The shop now shows another order under a number we have already recorded.",
        "Compare both orders; enter the new one in Saasu by hand if it is real.",
        "Order #1051: the shop created another order under this number on 22/05/2026",
    ),
    Code.SAASU_REFUSED: Meaning(
        Turn.YOU,
        True,
        "Saasu refused this order and said why.",
        "Mend what Saasu names, then retry.",
        "Order #1052: Saasu refused it: Please select a valid contact.",
    ),
    Code.PERIOD_LOCKED: Meaning(
        Turn.YOU,
        True,
        "The order's date lies in a period that is locked in Saasu.",
        "Unlock the period in Saasu for a moment, then retry.",
        "Order #1053: Saasu says the period is locked: Transactions before 01/07/2026 are locked.",
    ),
    Code.OUTCOME_UNKNOWN: Meaning(
        Turn.WAIT,
        True,
        "Saasu's answer was lost, so the order may or may not be there.",
        "Nothing to do: the next run looks it up in Saasu before it sends anything.",
        "Order #1054: sent to Saasu, but the answer was lost; it is looked up before anything is sent again",
    ),
    Code.POSTED_TOTAL_DIFFERS: Meaning(
        Turn.YOU,
        False,
        "Read back from Saasu, a sale came to another total or GST than it should. Orders with the same kind of line may wait for it.",
        "Correct the sale order in Saasu. If orders wait, choose how discounts are sent, at the end of the connection's page.",
        "Order #1055: Saasu shows $119.99 with GST $10.91 for SHO1055; it should be $120.00 with GST $10.91",
    ),
    Code.STORE_CREDENTIALS: Meaning(
        Turn.CLIENT,
        True,
        "BigCommerce refuses the Access Token.",
        "Ask the client for a new V2/V3 API token and put it on the connection's page.",
        "BigCommerce refused the Access Token.",
    ),
    Code.STORE_SCOPE: Meaning(
        Turn.CLIENT,
        True,
        "The Access Token may not read orders of this store, or the Shop Code is another store's.",
        "Check the Shop Code, and tick Orders: read-only when making the API token.",
        "BigCommerce says this Access Token may not read the store's orders, or the Shop Code is wrong.",
    ),
    Code.STORE_SUSPENDED: Meaning(
        Turn.CLIENT,
        True,
        "BigCommerce says the store is closed for maintenance or suspended.",
        "Ask the client whether the store is open; syncing goes on by itself once it is.",
        "BigCommerce says the store is suspended or under maintenance.",
    ),
    Code.STORE_UNREACHABLE: Meaning(
        Turn.WAIT,
        True,
        "BigCommerce did not answer.",
        "Nothing to do: the next run reads on from the same place.",
        "BigCommerce could not be read: it did not answer within 30 seconds.",
    ),
    Code.SAASU_CREDENTIALS: Meaning(
        Turn.YOU,
        True,
        "Saasu refuses the saved sign-in.",
        "Sign in to Saasu again under Add Saasu files.",
        "Saasu refused the saved sign-in.",
    ),
    Code.SAASU_TWO_FACTOR: Meaning(
        Turn.YOU,
        True,
        "Saasu wants a verification code for this login.",
        "Sign in to Saasu again with the code it sends, or use a login without two-factor.",
        "Saasu wants a verification code for this login.",
    ),
    Code.SAASU_FILE: Meaning(
        Turn.YOU,
        True,
        "This Saasu login can no longer reach the file.",
        "Give the login access to the file in Saasu, or sign in with another login.",
        "Saasu says this login may not do that in this file: You do not have access to this file.",
    ),
    Code.SAASU_PLAN: Meaning(
        Turn.YOU,
        True,
        "The file's Saasu plan does not allow sales with items.",
        "Change the plan of the file in Saasu, then retry.",
        "Saasu says the file's plan does not allow this: your current subscription does not allow item layouts.",
    ),
    Code.SAASU_QUOTA: Meaning(
        Turn.WAIT,
        True,
        "The file's daily allowance of Saasu calls is used up.",
        "Nothing to do: it goes on by itself when calls are free again.",
        "Saasu says too many calls were made to this file.",
    ),
    Code.SAASU_UNREACHABLE: Meaning(
        Turn.WAIT,
        True,
        "Saasu did not answer.",
        "Nothing to do: the next run goes on where this one stopped.",
        "Saasu could not be reached: it did not answer within 60 seconds.",
    ),
    Code.FLOOD: Meaning(
        Turn.YOU,
        True,
        "A run met far more new orders at once than the shop ever takes in an hour. They are held back; everything else goes on.",
        "Check whether old orders were imported into the shop, then post them or ignore them, all together or one by one.",
        "412 orders came at once, $38,204.10, created 01/05/2026 to 22/05/2026: far more than this shop takes in an hour. "
        "None of them is posted until you say so.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an order is left out, and what a person can do to have it."""

    why: str
    to_do: str


REASONS: dict[Ignored, Reason] = {
    Ignored.STATUS: Reason(
        "Its status in the shop is not one of those this connection syncs.",
        "Nothing to do: it is taken once its status becomes one that is synced. Which ones are, is a choice of the connection.",
    ),
    Ignored.CURRENCY: Reason(
        "The customer pays in another currency; only orders in Australian dollars are synced.",
        "Enter this sale in Saasu by hand.",
    ),
    Ignored.BEFORE_START: Reason(
        "It was placed before the date from which this connection takes orders.",
        "Choose an earlier date in Orders From and start processing, or take this order alone.",
    ),
    Ignored.WHILE_OFF: Reason(
        "It came, or changed, while the connection was switched off.",
        "Take these orders with one button, or leave them out.",
    ),
    Ignored.DELETED: Reason(
        "It is archived or deleted in the shop.", "Take it all the same if the sale is real."
    ),
    Ignored.BY_PERSON: Reason(
        "Somebody of your firm chose to leave it out.", "Take it after all if that was wrong."
    ),
}
