"""A connection's further choices: fee item, tax codes, discounts, what an order may do to contacts (SYNC §5, §6)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import mirrors
from portal.clients.bigcommerce_payloads import reopened
from portal.clients.rows import Nonsense
from portal.models.connections import Connection, SaasuFile
from portal.models.orders import Order
from portal.services.remotes import Outside, firm_vault, seal_for
from portal.sync.contacts import folded
from portal.sync.orders import Address
from portal.sync.rules import STATUSES, Existing, Rules, TaxCode
from portal.sync.tax import RATES, is_usable

ADDRESS = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")
READ_FOR_SUGGESTIONS = 500
SEVERAL_NAMES = 3
LONGEST_LIST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The further choices as filled in; a blank tax code takes the usual one."""

    fee_item_id: int | None = None
    taxable_code: str = ""
    free_code: str = ""
    export_code: str = ""
    own_discounts: bool = False
    whole_cent_prices: bool = False
    existing_contacts: Existing = Existing.AS_DOCUMENTED
    nobodys_emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """An e-mail that orders of several people carry, and how many names it was seen with."""

    email: str
    names: int


USUAL = {one.name: str(one.default) for one in fields(Rules) if one.name.endswith("_code")}
"""The tax codes used where nothing is chosen."""


def emails_in(text: str) -> tuple[str, ...]:
    """The addresses of a list separated by commas, semicolons or blanks, each once."""
    found = {folded(one): one for one in re.split(r"[\s,;]+", text.strip()) if one}
    return tuple(found.values())


def faults_of_choices(choices: Choices) -> dict[str, str]:
    """What is wrong with the choices, by field."""
    strange = next((one for one in choices.nobodys_emails if not ADDRESS.fullmatch(one)), None)
    if strange is not None:
        return {"nobodys_emails": f"“{strange}” is no e-mail address."}
    if len(", ".join(choices.nobodys_emails)) > LONGEST_LIST:
        return {"nobodys_emails": f"The list is too long: {LONGEST_LIST} characters at most."}
    return {}


def keep_choices(connection: Connection, choices: Choices) -> None:
    """Copy the choices; the caller commits."""
    connection.fee_item_id = choices.fee_item_id
    for name, usual in USUAL.items():
        setattr(connection, name, (getattr(choices, name) or usual)[:50])
    connection.own_discounts = choices.own_discounts
    connection.whole_cent_prices = choices.whole_cent_prices
    connection.existing_contacts = str(choices.existing_contacts)
    connection.nobodys_emails = ", ".join(choices.nobodys_emails)


def choices_made(connection: Connection) -> int:
    """How many of the further choices differ from what is usual."""
    kept = [
        connection.fee_item_id,
        connection.own_discounts,
        connection.whole_cent_prices,
        connection.existing_contacts != Existing.AS_DOCUMENTED,
        connection.nobodys_emails,
        *(getattr(connection, name) != usual for name, usual in USUAL.items()),
    ]
    return sum(map(bool, kept))


def sale_codes(session: Session, file: SaasuFile) -> tuple[TaxCode, ...]:
    """The file's active sale tax codes with GST or without, as last read."""
    found = mirrors.catalogue(session, file.id).tax_codes
    return tuple(code for code in found if is_usable(code) and code.rate in RATES)


def suggested_emails(session: Session, outside: Outside, connection: Connection) -> tuple[Seen, ...]:
    """E-mails that the newest orders carry under several names, those with most names first; the ones listed are left out.

    The shop's own are among them where its people enter orders by hand.
    """
    rows = session.execute(
        select(Order.id, Order.document)
        .where(
            Order.firm_id == connection.firm_id,
            Order.connection_id == connection.id,
            Order.document.is_not(None),
        )
        .order_by(Order.order_id.desc())
        .limit(READ_FOR_SUGGESTIONS)
    ).all()
    seal = seal_for(firm_vault(session, outside.vault, connection.firm_id))
    billed = (
        billing_of(seal.open(order_pk, "document", document)) for order_pk, document in rows if document
    )
    return seen_with_several_names(filter(None, billed), emails_in(connection.nobodys_emails))


def billing_of(document: str) -> Address | None:
    """Who a kept order was billed to; `None` where it cannot be read any more."""
    try:
        return reopened(document).order.billing
    except Nonsense:
        return None


def seen_with_several_names(billed: Iterable[Address], listed: Sequence[str]) -> tuple[Seen, ...]:
    """The e-mails that stand beside three names or more."""
    names: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    known = set(map(folded, listed))
    for address in billed:
        name = (folded(address.first_name), folded(address.last_name))
        email = folded(address.email)
        if any(name) and ADDRESS.fullmatch(email) and email not in known:
            names[email].add(name)
    several = [Seen(email, len(found)) for email, found in names.items() if len(found) >= SEVERAL_NAMES]
    return tuple(sorted(several, key=lambda one: (-one.names, one.email)))


def shop_statuses(session: Session, firm_id: str, connection_id: str) -> dict[int, str]:
    """What the shop itself calls each status, by id, as its latest orders said; only names that differ from the documented ones."""
    named = session.execute(
        select(Order.status_id, Order.status)
        .where(Order.firm_id == firm_id, Order.connection_id == connection_id, Order.status != "")
        .group_by(Order.status_id, Order.status)
        .order_by(func.max(Order.order_modified_at))
    )
    ours = {status.id: plain_name(status.name) for status in STATUSES}
    names = {status_id: name for status_id, name in named if status_id in ours}
    return {status_id: name for status_id, name in names.items() if plain_name(name) != ours[status_id]}


def plain_name(name: str) -> str:
    """A status's name without regard to case and to the two spellings of fulfilment."""
    return name.strip().casefold().replace("fulfillment", "fulfilment")
