"""Our reader in a process of its own: `python -m bench._rivals_reader ADDRESS HASH TOKEN SINCE` writes each order of the window as a line of JSON."""

import json
import logging
import sys
from datetime import UTC, datetime

import structlog

from portal.clients.bigcommerce import BigCommerce
from portal.clients.transport import Transport


def main(address: str, store_hash: str, token: str, since: str) -> int:
    """Read every order that changed since a moment, with all lines, as a run of the portal does. Returns 1 where one is not whole."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    shop = BigCommerce(Transport(), store_hash=store_hash, access_token=token, base_url=address)
    until, after, short = datetime.now(UTC), 0, 0
    while True:
        page = shop.changed(since=datetime.fromisoformat(since), until=until, after_id=after)
        for order in page.orders:
            whole = page.complete.get(order.id) or shop.complete(order)
            short += not whole.complete
            lines = json.dumps([line.id for line in whole.lines])
            sys.stdout.write(f'{{"id": {order.id}, "lines": {lines}, "order": {whole.document}}}\n')
        short += len(page.unreadable)
        if page.last:
            return 1 if short else 0
        after = page.orders[-1].id


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
