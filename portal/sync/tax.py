"""The tax code of a line: what the shop charged against what the item says (SYNC §5 Tax)."""

from dataclasses import dataclass
from decimal import Decimal

from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents
from portal.sync.orders import CompleteOrder, OrderLine, Taxed
from portal.sync.problems import Code
from portal.sync.rules import Catalogue, Item, Rules, TaxCode

GST = Decimal("0.1")
RATES = (ZERO, GST)
CHEAP = Decimal("0.2")
HOME = frozenset({"au", "aus", "australia"})


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

    def __init__(self, rules: Rules, catalogue: Catalogue) -> None:
        self._rules = rules
        self._codes = {bare(code.code): code for code in catalogue.tax_codes}

    def of_charge(self, *, taxed: bool, item: Item, exported: bool) -> Coded:
        """The code of something charged with GST or without: the item's where it agrees. Raises `NoTaxCode`."""
        if not self._rules.tax_registered:
            return Coded(None, taxed=False)
        if exported:
            return self._usable(self._rules.export_code)
        own = self._own(item)
        if own is not None and carries_gst(own) == taxed:
            return Coded(own.code, taxed)
        return self._usable(self._rules.taxable_code if taxed else self._rules.free_code)

    def of_line(self, line: OrderLine, item: Item, *, exported: bool) -> Coded:
        """The code of an order line by its price before discount; the item decides where the price says nothing.

        Raises `NoTaxCode`.
        """
        own = self._own(item)
        taxed = own is not None and carries_gst(own)
        if self._rules.tax_registered and not exported and line.total.inc_tax != ZERO:
            charged = charged_gst(line)
            if charged is None:
                words = f"the shop charged tax at a rate that is neither nil nor 10 % on “{line.name or line.sku}”"
                raise NoTaxCode(Code.TAX_RATE_UNKNOWN, words, line.sku)
            taxed = charged
        return self.of_charge(taxed=taxed, item=item, exported=exported)

    def _own(self, item: Item) -> TaxCode | None:
        code = self._codes.get(bare(item.tax_code)) if item.tax_code else None
        return code if code is not None and is_usable(code) and code.rate in RATES else None

    def _usable(self, name: str) -> Coded:
        found = self._codes.get(bare(name))
        if found is None or not is_usable(found):
            words = f"the Saasu file has no active sale tax code {name}"
            raise NoTaxCode(Code.TAX_CODE_MISSING, words, name)
        return Coded(found.code, carries_gst(found))


def charged_gst(line: OrderLine) -> bool | None:
    """Whether the shop charged GST on a line: the nearer of 10 % and nil, within 1 cent; `None` where it is neither.

    The price per unit decides; where it is not given, or so small that both are within a cent, the line's total does. A shop that
    rounds tax on each unit may miss the total of many cheap ones by more: where the total is theirs, the unit decides after all.
    """
    by_unit = line.price.inc_tax > CHEAP
    found = nearer_rate(line.price if by_unit else line.total)
    times = line.quantity * line.price.inc_tax
    return nearer_rate(line.price) if found is None and not by_unit and times == line.total.inc_tax else found


def nearer_rate(amount: Taxed) -> bool | None:
    """True for 10 %, false for nil, whichever is nearer and within 1 cent; `None` where neither is."""
    nil = abs(amount.inc_tax - amount.ex_tax)
    ten = abs(amount.inc_tax - amount.ex_tax * ELEVEN_TENTHS)
    return None if min(nil, ten) > CENT else ten < nil


def taxed_part(charge: Taxed) -> Decimal:
    """What of a charge, GST-inclusive and unrounded, carries GST: all of it, nothing, or 11 times the tax (SYNC §5 Charges).

    Raises `NoTaxCode` where the tax is more than 10 %.
    """
    tax = charge.tax or charge.inc_tax - charge.ex_tax
    if abs(charge.inc_tax - tax * 11) <= CENT * 11:
        return charge.inc_tax if tax else ZERO
    if tax < ZERO or tax * 11 > charge.inc_tax:
        whole = cents(charge.inc_tax)
        words = f"the shop charged tax of {cents(tax)} on shipping or fees of {whole}, which is no 10 %"
        raise NoTaxCode(Code.TAX_RATE_UNKNOWN, words, str(whole))
    return tax * 11


def bare(name: str) -> str:
    """A tax code to compare by."""
    return "".join(name.split()).casefold()


def is_usable(code: TaxCode) -> bool:
    """Whether a code may stand on a sale."""
    return code.is_active and code.is_sale


def carries_gst(code: TaxCode) -> bool:
    """Whether a tax code carries GST of 10 %."""
    return code.rate == GST


def has_left(complete: CompleteOrder, line: OrderLine) -> bool:
    """Whether a line's goods left Australia: they are physical and their destination is abroad (SYNC §5 Tax)."""
    if line.type != "physical" or complete.order.is_digital or not complete.shipping_addresses:
        return False
    places = {place.id: place.address for place in complete.shipping_addresses}
    address = places.get(line.address_id or 0, complete.shipping_addresses[0].address)
    country = (address.country_code.strip() or address.country.strip()).casefold()
    return bool(country) and country not in HOME


def all_left(complete: CompleteOrder) -> bool:
    """Whether everything physical left Australia, so that carrying it did as well."""
    physical = [line for line in complete.lines if line.type == "physical"]
    return bool(physical) and all(has_left(complete, line) for line in physical)
