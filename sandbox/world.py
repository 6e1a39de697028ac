"""What is there when the sandbox starts: shops, files and logins, the same every time for a name and a moment."""

# These passwords open nothing but the sandbox.
# ruff: noqa: S106

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.catalogue import CATALOGUES, Product, Sellable, sellables


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a shop's customers do, in percent of its orders; `mishap` in percent of the usual refunds, disputes and cancellations."""

    guest: int = 30
    foreign_currency: int = 0
    line_without_sku: int = 0
    custom_line: int = 2
    shipping: int = 75
    handling: int = 8
    wrapping: int = 8
    manual_discount: int = 6
    automatic_discount: int = 8
    coupon: int = 18
    second_address: int = 4
    gift_certificate: int = 3
    deleted: int = 1
    unpaid: int = 12
    mishap: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One BigCommerce shop with its API account. `orders_per_week` go on as the clock does, after `history_days` of them.

    `opening_orders`: that many and no more, over the last three days. `featured`: (order, sku), from 1, lines that an
    opening order has for certain. `token_dies_at`: from then on the token is refused. `seeded`: whether the demo
    connects it. `prefix`, `shipping_item`, `discount_item`: what the demo types into the connector's fields.
    """

    hash: str
    name: str
    domain: str
    token: str
    client_id: str
    client_secret: str
    catalogue: str
    file_id: int
    seed: int
    currency: str = "AUD"
    timezone: str = "Australia/Sydney"
    orders_per_week: int = 0
    history_days: int = 28
    opening_orders: int = 0
    featured: tuple[tuple[int, str], ...] = ()
    tax_inclusive: bool = True
    token_dies_at: datetime | None = None
    seeded: bool = True
    prefix: str = ""
    shipping_item: str = ""
    discount_item: str = ""
    habits: Habits = Habits()

    @property
    def products(self) -> tuple[Product, ...]:
        """What the shop sells."""
        return CATALOGUES.get(self.catalogue, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One Saasu file. It has an item for each SKU of `catalogue` but `missing_skus`, and each of `extra_items`.

    `renamed_skus` are products whose item there has another code than the shop's SKU; `typed_sales` the numbers of sales that
    somebody typed in by hand, each of one piece of the first product.
    """

    id: int
    name: str
    catalogue: str = ""
    missing_skus: tuple[str, ...] = ()
    renamed_skus: tuple[tuple[str, str], ...] = ()
    typed_sales: tuple[str, ...] = ()
    extra_items: tuple[str, ...] = ("SHIPPING", "DISCOUNT")
    country: str = "Australia"
    currency: str = "AUD"
    zone: str = "Australia"
    plan: str = "Medium"
    tax_registered: bool = True

    @property
    def sellables(self) -> tuple[Sellable, ...]:
        """What of the catalogue the file knows."""
        every = sellables(CATALOGUES.get(self.catalogue, ()))
        renamed = dict(self.renamed_skus)
        known = (one for one in every if one.sku not in self.missing_skus)
        return tuple(replace(one, sku=renamed.get(one.sku, one.sku)) for one in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A Saasu login and the files it reaches. A `two_factor_code` is asked for where there is one."""

    username: str
    password: str
    file_ids: tuple[int, ...]
    two_factor_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything at the start. `began`: the moment of the first start; histories end there and go on."""

    name: str
    began: datetime
    stores: tuple[Store, ...] = ()
    files: tuple[File, ...] = ()
    logins: tuple[Login, ...] = ()


def named(name: str, began: datetime | None = None) -> World:
    """The world of that name. Raises `ValueError` when there is none."""
    if name not in WORLDS:
        raise ValueError(f"There is no world {name!r}; there are {', '.join(sorted(WORLDS))}.")
    return WORLDS[name](began or datetime.now(UTC).replace(microsecond=0))


def _store(number: int, name: str, catalogue: str, file_id: int, **more: object) -> Store:
    """A shop whose credentials follow from its number; they open nothing but the sandbox."""
    domain = "".join(letter for letter in name.lower() if letter.isalnum())
    return Store(
        hash=f"{catalogue[:2]}{number:02d}sandbox",
        name=name,
        domain=f"{domain}.example.com",
        token=f"sandbox-token-{catalogue}-{number:02d}",
        client_id=f"sandbox-client-{catalogue}-{number:02d}",
        client_secret=f"sandbox-secret-{catalogue}-{number:02d}",
        catalogue=catalogue,
        file_id=file_id,
        seed=1000 + number,
        **more,  # type: ignore[arg-type]
    )


def _empty(began: datetime) -> World:
    return World(name="empty", began=began)


def _demo(began: datetime) -> World:
    files = (
        File(
            id=41001,
            name="Larkspur Homewares Pty Ltd",
            catalogue="homewares",
            missing_skus=("HW-LAMP-07",),
            renamed_skus=(("HW-BASKET-14", "HW Basket 14"),),
        ),
        File(
            id=41002,
            name="Wattle & Bean Coffee Roasters",
            catalogue="coffee",
            missing_skus=("CF-SYRUP-11",),
            typed_sales=("WB148", "WB201", "WB252"),
        ),
        File(id=41003, name="Towpath Bicycles Pty Ltd", catalogue="bikes", missing_skus=("BK-RACK-10",)),
        File(id=41004, name="Point Break Surf Supply", catalogue="surf"),
        File(id=41005, name="Little Platypus Toys", catalogue="toys"),
        File(id=41006, name="The Salt Road Bookshop", catalogue="books", missing_skus=("BO-HIST-04",)),
        File(id=42001, name="Currawong Homestore", catalogue="homewares", missing_skus=("HW-BATH-10",)),
        File(id=42002, name="Second Crack Coffee", catalogue="coffee"),
        File(id=43001, name="Two Keys Trading", catalogue="toys"),
    )
    logins = (
        Login(
            username="firm@example.com",
            password="sandbox-firm-1",
            file_ids=(41001, 41002, 41003, 41004, 41005, 41006),
        ),
        Login(username="visitor@example.com", password="sandbox-visitor-1", file_ids=(42001, 42002)),
        Login(
            username="twokeys@example.com",
            password="sandbox-twokeys-1",
            file_ids=(43001,),
            two_factor_code="246810",
        ),
    )
    return World(name="demo", began=began, stores=_demo_stores(began), files=files, logins=logins)


def _demo_stores(began: datetime) -> tuple[Store, ...]:
    return (*_connected_stores(began), *_visitors_stores())


def _connected_stores(began: datetime) -> tuple[Store, ...]:
    """The six shops that the demo connects, each with a character of its own."""
    both = {"shipping_item": "SHIPPING", "discount_item": "DISCOUNT"}
    gifts = Habits(wrapping=18)
    # Staff type many lines themselves, some of them without a SKU.
    workshop = {"tax_inclusive": False, "habits": Habits(line_without_sku=6, custom_line=10)}
    tourists = {"timezone": "Australia/Brisbane", "habits": Habits(foreign_currency=7)}
    # Charges shipping now and then, but nobody chose an item to record it on.
    local = {"timezone": "Australia/Adelaide", "habits": Habits(shipping=12, handling=1, wrapping=1)}
    revoked = {"timezone": "Australia/Perth", "token_dies_at": began - timedelta(days=5)}
    melbourne = {"timezone": "Australia/Melbourne", "shipping_item": "SHIPPING"}
    return (
        _store(
            1, "Larkspur Homewares", "homewares", 41001, orders_per_week=56, prefix="LH", habits=gifts, **both
        ),
        _store(2, "Wattle & Bean", "coffee", 41002, orders_per_week=42, prefix="WB", **melbourne),
        _store(
            3,
            "Towpath Bicycles",
            "bikes",
            41003,
            orders_per_week=16,
            prefix="TP",
            shipping_item="SHIPPING",
            **workshop,
        ),
        _store(4, "Point Break Surf", "surf", 41004, orders_per_week=30, prefix="PB", **both, **tourists),
        _store(5, "Little Platypus Toys", "toys", 41005, orders_per_week=35, prefix="LP", **local),
        _store(6, "The Salt Road Books", "books", 41006, orders_per_week=22, **both, **revoked),
    )


def _visitors_stores() -> tuple[Store, ...]:
    """Two shops that nobody has connected yet."""
    return (
        _store(7, "Currawong Homestore", "homewares", 42001, orders_per_week=10, seeded=False),
        _store(8, "Second Crack", "coffee", 42002, orders_per_week=10, seeded=False),
    )


def _journey(began: datetime) -> World:
    plain = Habits(deleted=0, unpaid=0, custom_line=0, second_address=0, mishap=0)
    store = _store(
        1,
        "Hoodie House",
        "journey",
        51001,
        opening_orders=12,
        featured=((5, "sh-hoodie-with-logo"),),
        habits=plain,
    )
    return World(
        name="journey",
        began=began,
        stores=(store,),
        files=(
            File(
                id=51001,
                name="Hoodie House Pty Ltd",
                catalogue="journey",
                missing_skus=("sh-hoodie-with-logo",),
            ),
            File(id=51002, name="Hoodie House Wholesale", catalogue="journey"),
            File(id=51003, name="Guarded Goods", catalogue="journey"),
        ),
        logins=(
            Login(username="books@example.com", password="sandbox-books-1", file_ids=(51001, 51002)),
            Login(
                username="twokeys@example.com",
                password="sandbox-twokeys-1",
                file_ids=(51003,),
                two_factor_code="246810",
            ),
        ),
    )


WORLDS: Final = {"empty": _empty, "demo": _demo, "journey": _journey}
