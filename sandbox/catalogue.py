"""What the pretend shops sell. The pretend Saasu files hold the same things as items."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of a product, with a SKU of its own. `extra` dollars on the product's price, GST included."""

    sku: str
    label: str
    extra: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Product:
    """A thing for sale. `price` in dollars with GST in it where `taxed`.

    `option` names what its variants differ in. `parts` (sku, quantity) make it a combo item in Saasu; with `pick_list`
    the shop writes the parts as child lines of the order as well. `popularity`: how often it is bought, against 10.
    """

    sku: str
    name: str
    price: Decimal
    taxed: bool = True
    type: str = "physical"
    option: str = ""
    variants: tuple[Variant, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()
    pick_list: bool = False
    popularity: int = 10
    brand: str = ""
    weight: Decimal = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Sellable:
    """One SKU that can stand on an order line: a product without variants, or one variant."""

    sku: str
    name: str
    price: Decimal
    product: Product
    variant: Variant | None = None

    @property
    def taxed(self) -> bool:
        """Whether GST is in the price."""
        return self.product.taxed

    @property
    def is_combo(self) -> bool:
        """Whether Saasu knows it as a combo item."""
        return bool(self.product.parts)


def sellables(products: tuple[Product, ...]) -> tuple[Sellable, ...]:
    """Every SKU of a catalogue, in its order."""
    found: list[Sellable] = []
    for product in products:
        if not product.variants:
            found.append(Sellable(product.sku, product.name, product.price, product))
        for variant in product.variants:
            name = f"{product.name} - {variant.label}"
            found.append(Sellable(variant.sku, name, product.price + variant.extra, product, variant))
    return tuple(found)


def _product(sku: str, name: str, price: str, **more: object) -> Product:
    return Product(sku, name, Decimal(price), **more)  # type: ignore[arg-type]


def _variants(sku: str, labels: str, extra: str = "0") -> tuple[Variant, ...]:
    step = Decimal(extra)
    return tuple(
        Variant(f"{sku}-{label.upper()[:3]}", label, step * n) for n, label in enumerate(labels.split())
    )


HOMEWARES: Final = (
    _product("HW-MUG-01", "Stoneware Mug", "24.95", popularity=16),
    _product("HW-BOWL-02", "Breakfast Bowl", "29.50"),
    _product("HW-TOWEL-03", "Linen Tea Towel", "19.90", popularity=14),
    _product(
        "HW-VASE", "Bud Vase", "44.00", option="Colour", variants=_variants("HW-VASE", "Sand Olive Charcoal")
    ),
    _product(
        "HW-CUSHION",
        "Wool Cushion",
        "89.95",
        option="Colour",
        variants=_variants("HW-CUSHION", "Rust Moss", "5"),
    ),
    _product("HW-LAMP-07", "Paper Lantern Lamp", "139.00", popularity=1),
    _product("HW-CANDLE-08", "Soy Candle, Lemon Myrtle", "34.95", popularity=12),
    _product("HW-BOARD-09", "Camphor Laurel Board", "64.90"),
    _product("HW-BATH-10", "Turkish Bath Towel", "49.95"),
    _product("HW-PLATE-11", "Dinner Plate", "27.45"),
    _product(
        "HW-SET-12",
        "Breakfast Set for Two",
        "99.00",
        parts=(("HW-MUG-01", 2), ("HW-BOWL-02", 2)),
        popularity=4,
    ),
    _product(
        "HW-HAMPER-13",
        "Housewarming Hamper",
        "119.95",
        parts=(("HW-CANDLE-08", 1), ("HW-TOWEL-03", 2)),
        pick_list=True,
        popularity=4,
    ),
    _product("HW-BASKET-14", "Seagrass Basket", "54.95", popularity=1),
    _product("HW-CARD-15", "Printable House Plan", "12.00", type="digital", popularity=3),
)
COFFEE: Final = (
    _product(
        "CF-BEANS",
        "Wattle Blend Beans",
        "18.00",
        taxed=False,
        option="Size",
        variants=_variants("CF-BEANS", "250g 500g 1kg", "14"),
        popularity=22,
    ),
    _product("CF-DECAF-500", "Slow Morning Decaf 500 g", "32.50", taxed=False, popularity=10),
    _product("CF-SINGLE-250", "Single Origin of the Month 250 g", "21.00", taxed=False, popularity=14),
    _product("CF-COLD-04", "Cold Brew Concentrate 750 ml", "17.60"),
    _product("CF-PRESS-05", "Plunger, 8 Cup", "69.95", popularity=5),
    _product("CF-FILTER-06", "Paper Filters, Pack of 100", "9.95"),
    _product("CF-GRIND-07", "Hand Grinder", "129.00", popularity=3),
    _product("CF-CUP-08", "Keep Cup 340 ml", "28.50"),
    _product(
        "CF-GIFT-09",
        "Coffee Lover's Box",
        "75.00",
        parts=(("CF-CUP-08", 1), ("CF-FILTER-06", 1)),
        popularity=4,
    ),
    _product("CF-CHOC-10", "Drinking Chocolate 400 g", "16.50", popularity=8),
    _product("CF-SYRUP-11", "Macadamia Syrup", "14.90", popularity=1),
)
BIKES: Final = (
    _product(
        "BK-TRAIL",
        "Ridgeline Trail Bike",
        "1890.00",
        option="Size",
        variants=_variants("BK-TRAIL", "Small Medium Large"),
        popularity=4,
    ),
    _product("BK-CITY-02", "Towpath City Bike", "899.00", popularity=5),
    _product(
        "BK-HELMET",
        "Commuter Helmet",
        "89.00",
        option="Size",
        variants=_variants("BK-HELMET", "Small Medium Large"),
        popularity=12,
    ),
    _product("BK-LOCK-04", "Folding Lock", "119.95", popularity=10),
    _product("BK-LIGHT-05", "Light Set", "74.50", popularity=12),
    _product("BK-TUBE-06", "Inner Tube 700C", "12.95", popularity=18),
    _product("BK-PUMP-07", "Floor Pump", "64.95"),
    _product("BK-SERVICE-08", "Full Service", "149.00", type="digital", popularity=4),
    _product("BK-BELL-09", "Brass Bell", "27.27", popularity=6),
    _product("BK-RACK-10", "Rear Rack", "84.00", popularity=1),
)
SURF: Final = (
    _product("SF-BOARD-01", "Longboard 9'2", "1249.00", popularity=2),
    _product("SF-WAX-02", "Tropical Surf Wax", "4.95", popularity=20),
    _product(
        "SF-LEASH",
        "Leg Rope",
        "49.95",
        option="Length",
        variants=_variants("SF-LEASH", "6ft 7ft 9ft", "5"),
        popularity=12,
    ),
    _product(
        "SF-RASH",
        "Rash Vest",
        "79.95",
        option="Size",
        variants=_variants("SF-RASH", "Small Medium Large"),
        popularity=14,
    ),
    _product("SF-WETSUIT-05", "Steamer 3/2", "389.00", popularity=4),
    _product("SF-FINS-06", "Fin Set", "134.95", popularity=6),
    _product("SF-ZINC-07", "Zinc Stick", "13.33", popularity=14),
    _product("SF-BAG-08", "Board Bag", "159.00", popularity=5),
    _product("SF-TOWEL-09", "Hooded Towel", "69.00", popularity=10),
    _product("SF-LESSON-10", "Beginner Lesson Voucher", "85.00", type="digital", popularity=4),
)
TOYS: Final = (
    _product("TY-BLOCKS-01", "Timber Blocks, 50 Pieces", "59.95"),
    _product("TY-PUZZLE-02", "Wombat Puzzle", "24.95", popularity=14),
    _product("TY-TRAIN-03", "Wooden Train", "39.95"),
    _product("TY-KITE-04", "Box Kite", "32.00"),
    _product("TY-DOLL-05", "Rag Doll", "45.50"),
    _product("TY-PAINT-06", "Finger Paint Set", "18.75", popularity=12),
    _product("TY-GAME-07", "Billabong Board Game", "54.99", popularity=10),
    _product(
        "TY-PLUSH",
        "Plush Platypus",
        "29.95",
        option="Size",
        variants=_variants("TY-PLUSH", "Small Large", "15"),
        popularity=14,
    ),
    _product(
        "TY-PARTY-09",
        "Party Bag",
        "11.00",
        parts=(("TY-PAINT-06", 1), ("TY-PUZZLE-02", 1)),
        pick_list=True,
        popularity=5,
    ),
    _product("TY-BALL-10", "Bouncy Ball", "2.50", popularity=18),
)
BOOKS: Final = (
    _product("BO-NOVEL-01", "The Salt Road", "32.99", popularity=14),
    _product("BO-COOK-02", "A Year in the Kitchen Garden", "49.99"),
    _product("BO-KIDS-03", "Where the Magpie Sleeps", "19.99", popularity=14),
    _product("BO-HIST-04", "Rails Across the Plain", "45.00", popularity=2),
    _product("BO-EBOOK-05", "The Salt Road (e-book)", "14.99", type="digital", popularity=6),
    _product("BO-NOTE-06", "Field Notebook", "16.50"),
    _product("BO-PEN-07", "Fountain Pen", "64.00", popularity=4),
    _product("BO-TEA-08", "Reader's Tea 100 g", "15.00", taxed=False, popularity=8),
    _product("BO-SHORT-09", "Shortbread Tin", "22.00", popularity=8),
    _product("BO-MUESLI-10", "Toasted Muesli 500 g", "13.80", taxed=False, popularity=6),
)
JOURNEY: Final = (
    _product(
        "JY-HOODIE", "Logo Hoodie", "66.00", option="Size", variants=_variants("JY-HOODIE", "Small Large")
    ),
    _product("JY-CAP-02", "Canvas Cap", "27.50"),
    _product("JY-SOCKS-03", "Wool Socks", "16.95"),
    _product("JY-TOTE-04", "Tote Bag", "22.00"),
    _product("sh-hoodie-with-logo", "Hoodie with Logo", "45.00", popularity=0),
)
CATALOGUES: Final[dict[str, tuple[Product, ...]]] = {
    "homewares": HOMEWARES,
    "coffee": COFFEE,
    "bikes": BIKES,
    "surf": SURF,
    "toys": TOYS,
    "books": BOOKS,
    "journey": JOURNEY,
}
