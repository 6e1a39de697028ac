"""The shops of `prove cents`: each with other settings of its connection, so that every way to post is gone (SYNC §5)."""

from dataclasses import dataclass
from typing import Any, Final

from proofs._product import Credentials
from proofs._servers import Line

PASSWORD: Final = "sandbox-cents-1"
TAXED: Final = tuple(f"T{number:02d}" for number in range(1, 41))
FREE: Final = tuple(f"F{number:02d}" for number in range(1, 16))
LABELLED_FREE: Final = tuple(f"X{number}" for number in range(1, 6))
"""Items that Saasu holds to be free of GST although the shop charges it."""
LABELLED_TAXED: Final = tuple(f"Y{number}" for number in range(1, 6))
"""Items that Saasu holds to be taxed although the shop sells them free of GST."""
UNKNOWN: Final = "NOT-IN-SAASU"
FIRST_FILE: Final = 610_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A pretend shop and the settings of its connection. `file` shops share a Saasu file where they name the same one."""

    place: int
    inclusive: bool
    discount_item: bool
    prefix: str
    file: int
    zone: str = "Australia/Sydney"
    registered: bool = True
    own_discounts: bool = False
    whole_cent_prices: bool = False


SHOPS: Final = (
    Shop(place=0, file=0, inclusive=True, discount_item=True, prefix="IA"),
    Shop(place=1, file=1, inclusive=True, discount_item=False, prefix="IB"),
    Shop(place=2, file=2, inclusive=False, discount_item=True, prefix="EA", zone="Australia/Perth"),
    Shop(place=3, file=3, inclusive=False, discount_item=False, prefix="EB"),
    Shop(place=4, file=4, inclusive=True, discount_item=False, prefix="", zone="Australia/Adelaide"),
    Shop(place=5, file=3, inclusive=False, discount_item=False, prefix="EC"),
    Shop(place=6, file=5, inclusive=True, discount_item=True, prefix="UA", registered=False),
    Shop(place=7, file=5, inclusive=False, discount_item=False, prefix="UB", registered=False),
    Shop(place=8, file=6, inclusive=True, discount_item=False, prefix="OA", own_discounts=True),
    Shop(place=9, file=7, inclusive=True, discount_item=False, prefix="WA", whole_cent_prices=True),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """Where a shop stands in the servers: its hash, its token, its Saasu file."""

    shop: Shop
    store_hash: str
    token: str
    file_id: int


def open_shops(
    shops: tuple[Shop, ...], tag: str, first_file: int, shop_side: Line, books_side: Line
) -> tuple[list[Opened], Credentials]:
    """Open the shops and their files in servers that have a control address, and a login that reaches all of the files."""
    file_ids = {shop.file: first_file + shop.file for shop in shops}
    for place, file_id in file_ids.items():
        registered = next(shop.registered for shop in shops if shop.file == place)
        body = {
            "id": file_id,
            "name": f"Cents {tag} {place}",
            "plan": "X-Large",
            "tax_registered": registered,
        }
        books_side.order("POST", "/_control/files", body)
        books_side.order("POST", f"/_control/files/{file_id}/items", {"records": items()})
    login = {"username": f"cents-{tag}@example.com", "password": PASSWORD, "files": list(file_ids.values())}
    books_side.order("POST", "/_control/logins", login)
    opened = []
    for shop in shops:
        store_hash = f"cents{tag}{shop.place}"
        shop_side.order(
            "POST",
            "/_control/stores",
            {"hash": store_hash, "name": store_hash, "tax_inclusive": shop.inclusive},
        )
        shop_side.order("PATCH", f"/_control/stores/{store_hash}", {"quota": None})
        opened.append(Opened(shop, store_hash, f"sandbox-token-{store_hash}", file_ids[shop.file]))
    return opened, Credentials(username=login["username"], password=PASSWORD)  # type: ignore[arg-type]


def items() -> list[dict[str, Any]]:
    """The goods as Saasu knows them."""
    codes = {
        **dict.fromkeys((*TAXED, *LABELLED_TAXED), "G1"),
        **dict.fromkeys((*FREE, *LABELLED_FREE), "G1,G3"),
    }
    return [{"Code": sku, "Description": f"Article {sku}", "TaxCode": code} for sku, code in codes.items()]
