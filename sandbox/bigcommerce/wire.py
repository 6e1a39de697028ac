"""How the API writes ids, amounts and links."""

from decimal import Decimal
from typing import Any, Final

from sandbox.bigcommerce.pricing import Amount

Document = dict[str, Any]
HOST: Final = "https://api.bigcommerce.com"


class Numbers:
    """Where the ids of a shop's records come from; none is given twice."""

    def __init__(self, last: dict[str, int] | None = None) -> None:
        self.last = last or {"order": 99}

    def next(self, kind: str) -> int:
        """The next id of a kind, from 1; orders from 100."""
        self.last[kind] = self.last.get(kind, 0) + 1
        return self.last[kind]


def money(amount: Decimal) -> str:
    """An amount as the API writes it: text with four decimals."""
    return f"{amount:.4f}"


def link(store_hash: str, resource: str) -> Document:
    """A link object. Its address is on the real host, as in a real shop."""
    return {"url": f"{HOST}/stores/{store_hash}/v2{resource}", "resource": resource}


def triple(name: str, amount: Amount, *, base: Decimal | None = None) -> Document:
    """The three fields of an amount, and its `base_` field where one is given."""
    written: Document = {} if base is None else {f"base_{name}": money(base)}
    return written | {
        f"{name}_ex_tax": money(amount.ex),
        f"{name}_inc_tax": money(amount.inc),
        f"{name}_tax": money(amount.tax),
    }
