"""The `bigcommerce` package from PyPI, which nobody here wrote, reads the sandbox's orders."""

from decimal import Decimal
from typing import Any

from bigcommerce.api import BigcommerceApi
from bigcommerce.connection import OAuthConnection

from tests.sandbox.bigcommerce.conftest import Caller


class Loopback(OAuthConnection):  # type: ignore[misc]
    """The package's own connection, which would speak https to the real host, pointed at the sandbox."""

    base = ""

    def full_path(self, url: str) -> str:
        return f"{self.base}/{url}"


def _api(caller: Caller) -> Any:
    store = caller.servers.bigcommerce.shops[caller.store_hash].store
    api = BigcommerceApi(client_id=store.client_id, store_hash=store.hash, access_token=store.token)
    api.connection = Loopback(store.client_id, store.hash, store.token)
    api.connection.base = caller.base
    return api


def test_the_package_reads_every_order_page_by_page(homewares: Caller) -> None:
    api = _api(homewares)
    orders = list(api.Orders.iterall())
    assert len(orders) == api.Orders.count()
    assert [order.id for order in orders] == sorted(order.id for order in orders)
    assert api.connection.rate_limit["ms_until_reset"] > 0


def test_the_package_reads_what_hangs_on_an_order(homewares: Caller) -> None:
    api = _api(homewares)
    order = next(
        one for one in api.Orders.iterall() if float(one.coupon_discount) > 0 and one.shipping_address_count
    )
    lines = [Decimal(line.total_inc_tax) for line in order.products()]
    assert sum(lines) == Decimal(order.subtotal_inc_tax)
    assert len(order.shipping_addresses()) == order.shipping_address_count
    assert sum(coupon.discount for coupon in order.coupons()) == float(order.coupon_discount)
    assert api.Orders.get(order.id).total_inc_tax == order.total_inc_tax
