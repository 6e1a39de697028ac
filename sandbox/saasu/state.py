"""What the pretend Saasu remembers: logins, tokens and files with their records.

Records are plain dicts under the names the API uses, kept as they are sent out. Everything is guarded by one
lock, and every change is written to the document store at once when the sandbox keeps its data.
"""

import base64
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sandbox.documents import Documents
from sandbox.saasu.allowance import Allowance
from sandbox.saasu.settings import PLANS, Settings
from sandbox.saasu.wire import Record, stamp

TABLES: Final = ("tax_codes", "accounts", "items", "contacts", "companies", "invoices", "deleted")
KEYS: Final = {"invoices": "TransactionId"}
ENTITIES: Final = {"items": "Item", "contacts": "Contact"}
# A file's row versions begin here, so that the first LastUpdatedId looks like the recorded ones.
FIRST_VERSION: Final = 0x5C160000
# Record ids begin above the ids of files, so that nobody takes one for the other.
FIRST_ID: Final = 4_000_000
ACCESS_LIFE: Final = timedelta(seconds=10800)
REFRESH_LIFE: Final = timedelta(days=365)


@dataclass(slots=True)
class Login:
    """A person's Saasu login: password, the files it reaches, and the 2FA code it wants, if any."""

    username: str
    password: str
    files: list[int] = field(default_factory=list)
    code: str | None = None


@dataclass(slots=True)
class Grant:
    """A refresh token with the one access token that lives beside it. Moments by the sandbox clock."""

    username: str
    refresh: str
    access: str
    expires_at: datetime
    refresh_until: datetime


@dataclass(slots=True)
class File:
    """One Saasu file. `locked_until`: dates up to it are closed. `item_layout`: what the plan allows."""

    id: int
    name: str
    plan: str = "Small"
    currency: str = "AUD"
    country: str = "Australia"
    zone: str = "Australia"
    tax_registered: bool = True
    item_layout: bool = True
    multi_currency: bool = False
    locked_until: date | None = None
    blocked_until: datetime | None = None
    next_number: int = 1
    tables: dict[str, dict[int, Record]] = field(default_factory=lambda: {name: {} for name in TABLES})
    numbers: Counter[str] = field(default_factory=Counter)

    @property
    def items(self) -> dict[int, Record]:
        """Items by id."""
        return self.tables["items"]

    @property
    def contacts(self) -> dict[int, Record]:
        """Contacts by id."""
        return self.tables["contacts"]

    @property
    def invoices(self) -> dict[int, Record]:
        """Invoices, sale orders and quotes with their lines, by id."""
        return self.tables["invoices"]

    @property
    def tax_codes(self) -> dict[int, Record]:
        """Tax codes by id."""
        return self.tables["tax_codes"]

    @property
    def daily_limit(self) -> int:
        """Calls a day that the plan allows (FACTS §2.1)."""
        return PLANS[self.plan]

    def committed(self) -> dict[int, Decimal]:
        """Quantity on open sale orders by item id (FACTS §5.9)."""
        quantities: dict[int, Decimal] = {}
        for invoice in self.invoices.values():
            if invoice["InvoiceType"] != "Sale Order":
                continue
            for line in invoice["LineItems"]:
                if line["InventoryId"]:
                    already = quantities.get(line["InventoryId"], Decimal(0))
                    quantities[line["InventoryId"]] = already + line["Quantity"]
        return quantities


class State:
    """All of the pretend Saasu. Hold `lock` while reading or changing anything."""

    def __init__(self, now: Callable[[], datetime], shelf: Documents | None = None) -> None:
        self.now = now
        self.shelf = shelf or Documents()
        self.lock = threading.RLock()
        self.settings = Settings()
        self.allowance = Allowance(self)
        self.logins: dict[str, Login] = {}
        self.grants: dict[str, Grant] = {}
        self.files: dict[int, File] = {}
        self._last_id = FIRST_ID
        self._version = FIRST_VERSION

    def new_id(self) -> int:
        """The next record id; ids are never used twice."""
        self._last_id += 1
        return self._last_id

    def claim_id(self, taken: int) -> None:
        """Never give out `taken` or a lower id again."""
        self._last_id = max(self._last_id, taken)

    def new_version(self) -> str:
        """The next LastUpdatedId: an opaque base64 row version (FACTS §3)."""
        self._version += 1
        return base64.b64encode(self._version.to_bytes(8, "big")).decode()

    def claim_version(self, text: str | None) -> None:
        """Never give out this LastUpdatedId or an older one again."""
        if text:
            self._version = max(self._version, int.from_bytes(base64.b64decode(text), "big"))

    def save(self, file: File, table: str, record: Record) -> Record:
        """Keep a new or changed record: new version, new modification time, written to the shelf."""
        moment = stamp(self.now())
        record.setdefault("CreatedDateUtc", moment)
        record["LastModifiedDateUtc"] = moment
        record["LastUpdatedId"] = self.new_version()
        self.put(file, table, record)
        return record

    def put(self, file: File, table: str, record: Record) -> None:
        """Keep a record as it is, and write it to the shelf."""
        key = record[KEYS.get(table, "Id")]
        before = file.tables[table].get(key)
        if table == "invoices":
            if before:
                file.numbers[number_key(before)] -= 1
            file.numbers[number_key(record)] += 1
        file.tables[table][key] = record
        self.shelf.put(f"saasu_{table}", f"{file.id}/{key}", record)

    def remove(self, file: File, table: str, key: int, by: str) -> None:
        """Delete a record and remember that it was deleted (FACTS §3.10)."""
        record = file.tables[table].pop(key)
        entity = ENTITIES.get(table)
        if table == "invoices":
            file.numbers[number_key(record)] -= 1
            entity = "Sale" if record["TransactionType"] == "S" else "Purchase"
        self.shelf.remove(f"saasu_{table}", f"{file.id}/{key}")
        if entity:
            moment = stamp(self.now())
            gone = {"Id": self.new_id(), "EntityType": entity, "EntityId": key, "DeletedByUser": by}
            self.put(file, "deleted", gone | {"Timestamp": moment})

    def add_file(self, file: File) -> File:
        """A new file, also for the logins that name it already."""
        self.files[file.id] = file
        self.claim_id(file.id)
        self.save_file(file)
        return file

    def save_file(self, file: File) -> None:
        """Write a file's own fields to the shelf."""
        self.shelf.put("saasu_files", str(file.id), file_fields(file))

    def add_login(self, login: Login) -> None:
        """A new or changed login; usernames do not regard case."""
        self.logins[login.username.casefold()] = login
        kept = {
            "username": login.username,
            "password": login.password,
            "files": login.files,
            "code": login.code,
        }
        self.shelf.put("saasu_logins", login.username.casefold(), kept)

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change switches. Raises `ValueError` naming the first fault; then nothing changed."""
        self.settings = self.settings.changed(changes)
        self.shelf.put("saasu_settings", "settings", self.settings.listed())


def number_key(invoice: Record) -> str:
    """What makes a number unique in its file: sales by InvoiceNumber, purchases by PurchaseOrderNumber (FACTS §5.1)."""
    name = "InvoiceNumber" if invoice["TransactionType"] == "S" else "PurchaseOrderNumber"
    return f"{invoice['TransactionType']}:{(invoice[name] or '').strip().casefold()}"


def file_fields(file: File) -> Record:
    """A file's own fields, as the control address and the shelf show them."""
    return {
        "id": file.id,
        "name": file.name,
        "plan": file.plan,
        "currency": file.currency,
        "country": file.country,
        "zone": file.zone,
        "tax_registered": file.tax_registered,
        "item_layout": file.item_layout,
        "multi_currency": file.multi_currency,
        "locked_until": file.locked_until.isoformat() if file.locked_until else None,
        "blocked_until": file.blocked_until.isoformat() if file.blocked_until else None,
        "next_number": file.next_number,
    }
