"""The tax code of a line: what the shop charged against what the item says (SYNC §5 Tax)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO
from portal.sync.orders import CompleteOrder
from portal.sync.problems import Code
from portal.sync.rules import Catalogue, Item, Rules, TaxCode

HOME = "AU"


class NoTaxCode(Exception):
    """No tax code can be given; `code` says why and `subject` what for."""

    def __init__(self, code: Code, words: str, subject: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Coded:
    """A tax code, and whether it carries GST. The code is `None` in a file that is not registered."""

    code: str | None
    taxed: bool


class TaxTable:
    """The tax codes of a file under the rules of a connection."""

    def __init__(self, rules: Rules, catalogue: Catalogue, *, exported: bool) -> None:
        self._rules = rules
        self._codes = {code.code: code for code in catalogue.tax_codes}
        self._exported = exported

    def of_charge(self, *, taxed: bool, item: Item | None) -> Coded:
        """The code of something charged with GST or without: the item's where it agrees. Raises `NoTaxCode`."""
        if not self._rules.tax_registered:
            return Coded(None, taxed=False)
        if self._exported:
            return self._usable(self._rules.export_code)
        own = self._own(item)
        if own is not None and carries_gst(own) == taxed:
            return Coded(own.code, taxed)
        return self._usable(self._rules.taxable_code if taxed else self._rules.free_code)

    def of_line(self, price_ex: Decimal, price_inc: Decimal, item: Item) -> Coded:
        """The code of an order line by its price per unit before discount. Raises `NoTaxCode`."""
        own = self._own(item)
        if price_inc == ZERO and own is not None and not self._exported and self._rules.tax_registered:
            return Coded(own.code, carries_gst(own))
        free = abs(price_inc - price_ex) <= CENT
        taxed = abs(price_inc - price_ex * ELEVEN_TENTHS) <= CENT
        if not free and not taxed:
            words = f"the shop charged tax at a rate that is neither nil nor 10 % on {item.code}"
            raise NoTaxCode(Code.TAX_RATE_UNKNOWN, words, item.code)
        if free and taxed:
            return self.of_charge(taxed=own is not None and carries_gst(own), item=item)
        return self.of_charge(taxed=taxed, item=item)

    def _own(self, item: Item | None) -> TaxCode | None:
        code = self._codes.get(item.tax_code) if item is not None and item.tax_code else None
        return code if code is not None and code.is_active and code.rate in RATES else None

    def _usable(self, code: str) -> Coded:
        found = self._codes.get(code)
        if found is None or not found.is_active:
            raise NoTaxCode(Code.TAX_CODE_MISSING, f"the Saasu file has no active tax code {code}", code)
        return Coded(code, carries_gst(found))


RATES = (ZERO, Decimal("0.1"))


def carries_gst(code: TaxCode) -> bool:
    """Whether a tax code carries GST of 10 %."""
    return code.rate == RATES[1]


def left_australia(complete: CompleteOrder) -> bool:
    """Whether the goods left Australia: the first destination of an order that is not digital lies abroad (SYNC §5 Tax)."""
    if complete.order.is_digital or not complete.shipping_addresses:
        return False
    country = complete.shipping_addresses[0].address.country_code.strip().upper()
    return country not in {"", HOME}
