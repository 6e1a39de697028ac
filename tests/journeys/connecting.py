"""Connects the journey's shop to its file without a browser, by the services that the pages call."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.app import create_app
from portal.models.accounts import Membership
from portal.models.connections import SaasuFile
from portal.services import accounts, backfills, connections, desk, files
from portal.services.connections import Draft
from portal.settings import Settings
from portal.sync.rules import SYNCED_BY_DEFAULT
from tests.journeys.portal_house import Portal

FILE_ID = 51001
ACTOR = "Ada Fairweather"


@dataclass(frozen=True, slots=True)
class Desk:
    """One connected shop; whoever sits here can ask for runs."""

    portal: Portal
    connection_id: str
    firm_id: str

    def start_processing(self, days: int = 6) -> str:
        """Take the orders of the last days. Returns the backfill's id."""
        with _inside(self.portal):
            connection = connections.connection_of(desk.session(), self.firm_id, self.connection_id)
            assert connection is not None
            since = (desk.now() - timedelta(days=days)).date()
            backfill = backfills.start_processing(
                desk.session(), desk.outside(), connection, since, ACTOR, desk.ring
            )
            return backfill.id


def connected_shop(portal: Portal) -> Desk:
    """Sign up a firm, add the file, save an enabled connection."""
    with _inside(portal):
        session, outside = desk.session(), desk.outside()
        person = accounts.sign_up(
            session, outside.vault, firm_name="Banksia Bookkeeping", name=ACTOR,
            email="ada@example.com", password="seven quiet ledgers in a row", now=desk.now(),
        )  # fmt: skip
        firm_id = session.scalars(select(Membership.firm_id).where(Membership.person_id == person.id)).one()
        login = files.sign_in_to_saasu(session, outside, firm_id, "books@example.com", "sandbox-books-1", "")
        chosen = [
            one.identity for one in files.choices(session, outside, login) if one.identity.file_id == FILE_ID
        ]
        files.add_files(session, outside, login, chosen, "Australia/Sydney")
        file = session.scalars(select(SaasuFile).where(SaasuFile.firm_id == firm_id)).one()
        items = {item.code: item.id for item in connections.file_items(session, outside, file)}
        saved = connections.save_connection(session, outside, file, None, _draft(portal, items))
        return Desk(portal, saved.id, firm_id)


def _draft(portal: Portal, items: dict[str, int]) -> Draft:
    store = portal.sandbox.store
    return Draft(
        enabled=True,
        store_hash=store.hash,
        client_id=store.client_id,
        client_secret=store.client_secret,
        access_token=store.token,
        prefix="SHO",
        shipping_item_id=items["SHIPPING"],
        discount_item_id=items["DISCOUNT"],
        notify=False,
        notification_email="",
        statuses=tuple(SYNCED_BY_DEFAULT),
    )


@contextmanager
def _inside(portal: Portal) -> Iterator[None]:
    from portal.database import db

    app = create_app(Settings.from_env(portal.environ))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
            app.extensions["redis"].close()
