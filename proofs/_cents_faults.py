"""Five faults, each planted into the product of this process alone: a proof that stays green over one of them proves nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from types import ModuleType
from typing import Any, Final

from portal import money
from portal.clients import saasu_payloads
from portal.money import CENT, ELEVEN_TENTHS, ZERO, cents
from portal.sync import discounts, mapping, pricing
from portal.sync.orders import CompleteOrder


def half_even() -> None:
    """Half a cent goes to the even one."""
    plant(money, "ROUND_HALF_UP", ROUND_HALF_EVEN)


def remainder_to_the_last_line() -> None:
    """A discount's shares are rounded down, and the last line takes what is left."""

    def share(total: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
        whole = sum(weights, ZERO)
        if not whole:
            return (total, *(ZERO for _ in weights[1:]))
        parts = [total * weight / whole // CENT * CENT for weight in weights[:-1]]
        return (*parts, total - sum(parts, ZERO))

    plant(discounts, "share", share)


def discount_ex_gst() -> None:
    """The discount is taken without the GST in it."""
    plain = called(pricing, "share_discount")

    def share_discount(discount: Decimal, *more: Any, **named: Any) -> Any:
        return plain(cents(discount / ELEVEN_TENTHS), *more, **named)

    plant(pricing, "share_discount", share_discount)


def line_51_dropped() -> None:
    """The fifty-first line of an order is not sent."""
    plain = called(mapping, "pick_goods")

    def pick_goods(complete: CompleteOrder, *more: Any, **named: Any) -> Any:
        short = replace(complete, lines=complete.lines[:50] + complete.lines[51:])
        return plain(short, *more, **named)

    plant(mapping, "pick_goods", pick_goods)


def prices_of_two_decimals() -> None:
    """Unit prices are sent with two decimals."""
    plain = called(saasu_payloads, "line_body")

    def line_body(line: Any) -> Any:
        return plain(replace(line, unit_price=cents(line.unit_price)))

    plant(saasu_payloads, "line_body", line_body)


def called(module: ModuleType | type, name: str) -> Callable[..., Any]:
    """What a module, or a class, calls by that name. Raises `KeyError` where it calls nothing so."""
    found: Callable[..., Any] = vars(module)[name]
    return found


def plant(module: ModuleType | type, name: str, fault: object) -> None:
    """Put a fault in the place of what a module, or a class, calls by that name."""
    called(module, name)
    setattr(module, name, fault)


FAULTS: Final[dict[str, Callable[[], None]]] = {
    "half-even": half_even,
    "remainder-to-the-last-line": remainder_to_the_last_line,
    "discount-ex-gst": discount_ex_gst,
    "51st-line-dropped": line_51_dropped,
    "prices-of-two-decimals": prices_of_two_decimals,
}
