"""A firm's desk before the sandbox's two servers: one file, one shop, the use cases at hand; no worker, no browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests
from flask import Flask
from sqlalchemy.orm import Session

from portal.database import db
from portal.models.connections import Connection, SaasuFile
from portal.models.runs import Run, RunKind
from portal.services import connections, files
from portal.services.connections import Draft
from portal.services.remotes import Outside
from portal.services.runs import SystemClock, request_run
from portal.services.syncing import carry_out
from portal.sync.rules import SYNCED_BY_DEFAULT
from sandbox.serve import Running, running
from tests.factories import make_firm
from tests.portal_app import app_for

LONG_AGO = timedelta(days=60)


@dataclass
class Desk:
    session: Session
    outside: Outside
    servers: Running
    file: SaasuFile
    shop: Any

    def draft(self, **more: Any) -> Draft:
        items = {item.code: item.id for item in connections.file_items(self.session, self.outside, self.file)}
        draft = Draft(
            enabled=True,
            store_hash=self.shop.hash,
            client_id=self.shop.client_id,
            client_secret=self.shop.client_secret,
            access_token=self.shop.token,
            prefix="SHO",
            shipping_item_id=items["SHIPPING"],
            discount_item_id=items["DISCOUNT"],
            notify=False,
            notification_email="",
            statuses=tuple(sorted(SYNCED_BY_DEFAULT)),
        )
        return replace(draft, **more)

    def connect(self, **more: Any) -> Connection:
        draft = self.draft(**more)
        connection = connections.save_connection(self.session, self.outside, self.file, None, draft)
        connection.start_at = connection.watermark = datetime.now(UTC) - LONG_AGO
        self.session.commit()
        return connection

    def run(self, connection: Connection, kind: RunKind = RunKind.MANUAL) -> Run:
        clock = SystemClock()
        run = request_run(self.session, connection, kind, "Alice", clock.now(), lambda *_: None)
        carry_out(self.session, self.outside, run.id, run.attempt, clock)
        self.session.refresh(run)
        return run

    def sales(self) -> list[dict[str, Any]]:
        with self.servers.saasu.lock:
            return [dict(row) for row in self.servers.saasu.files[self.file.file_id].invoices.values()]

    def add_item(self, code: str, **more: Any) -> None:
        """Create an item in Saasu, as a person would."""
        url = f"{self.servers.saasu_url}/_control/files/{self.file.file_id}/items"
        answer = requests.post(
            url, json={"Code": code, "Description": "Created by a person"} | more, timeout=10
        )
        assert answer.ok, answer.text

    def calls(self, remote: str) -> dict[str, int]:
        """The calls that `saasu` or `bigcommerce` has had, by endpoint."""
        urls = {"saasu": self.servers.saasu_url, "bigcommerce": self.servers.bigcommerce_url}
        found: dict[str, int] = requests.get(f"{urls[remote]}/_control/calls", timeout=10).json()[
            "by_endpoint"
        ]
        return found

    def shop_totals(self) -> dict[str, Decimal]:
        now = datetime.now(UTC)
        documents = [
            one.document(now) for one in self.servers.bigcommerce.shops[self.shop.hash].orders.values()
        ]
        return {
            f"BC-{self.shop.hash}-{one['id']}": Decimal(str(one["total_inc_tax"])).quantize(Decimal("0.01"))
            for one in documents
        }


@contextmanager
def desk_in(empty_database: str, empty_redis: str) -> Iterator[Desk]:
    """A desk on an empty database, within the app's context, for as long as the block lasts."""
    with running("journey") as servers:
        servers.saasu.change_settings({"calls_per_second": None, "unique_numbers": False})
        app: Flask = app_for(
            empty_database,
            empty_redis,
            BIGCOMMERCE_API_URL=servers.bigcommerce_url,
            SAASU_API_URL=servers.saasu_url,
        )
        with app.app_context():
            session, outside = db.session(), Outside.of(app)
            login = next(one for one in servers.world.logins if one.two_factor_code is None)
            store = servers.world.stores[0]
            firm = make_firm(session)
            saved = files.sign_in_to_saasu(session, outside, firm.id, login.username, login.password)
            found = [one.identity for one in files.choices(session, outside, saved)]
            chosen = [one for one in found if one.file_id == store.file_id]
            (file,) = files.add_files(session, outside, saved, chosen, "Australia/Sydney")
            yield Desk(session, outside, servers, file, store)
            db.session.remove()
            db.engine.dispose()
