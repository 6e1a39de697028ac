"""One Saasu file, and signing in to Saasu (SA §1 to §5). Pages of 100, one renewal of the token a call, no write ever sent twice unasked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from portal.clients.answers import Answer
from portal.clients.exact_json import JsonUnreadable, load
from portal.clients.rows import Nonsense, Row
from portal.clients.saasu_payloads import (
    changed_contact_body,
    company_body,
    count_rows,
    inserted_id,
    new_contact_body,
    read_company,
    read_contact,
    read_file,
    read_invoice,
    read_item,
    read_rows,
    read_tax_code,
    saasu_time,
    sale_body,
    tax_id,
)
from portal.clients.saasu_refusals import saasu_failure
from portal.clients.saasu_sign_in import SAASU_URL, SaasuSignIn, Tokens, saasu_headers
from portal.clients.transport import Transport
from portal.sync.failures import CredentialsRefused, Denied, OutcomeLost, RemoteFailure, Unreachable
from portal.sync.rules import Item, TaxCode
from portal.sync.sale_orders import (
    AUTO_NUMBER,
    Contact,
    ContactChange,
    FileIdentity,
    InvoiceSummary,
    NewContact,
    PostedOrder,
    SaleOrder,
)

__all__ = ["SAASU_URL", "Saasu", "SaasuSignIn", "Tokens"]

PAGE = 100
LONGEST_LIST = 2_000
AHEAD = timedelta(days=1)
"""How far an open window ends ahead of our clock, so that Saasu's may differ from it."""

Read = TypeVar("Read")


def utc_now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


class Saasu:
    """The books of one file; implements `portal.sync.ports.Books`.

    `token` gives the access token to use, `renew` takes a refused one and gives another or raises `CredentialsRefused`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        file_id: int,
        token: Callable[[], str],
        renew: Callable[[str], str],
        base_url: str = SAASU_URL,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transport = transport
        self._root = base_url.rstrip("/")
        self._file_id = file_id
        self._token = token
        self._renew = renew
        self._now = now
        self._reserved = False
        self._codes: dict[int, TaxCode] | None = None

    def __repr__(self) -> str:
        return f"Saasu(file_id={self._file_id})"

    def file(self) -> FileIdentity:
        """The file itself: a cheap proof of login and FileId; its subscription is not told here (SA §3.7). Raises a `RemoteFailure`."""
        answer = self._ask("GET", "/FileIdentity", "file")
        row = Row.of(self._value(answer))
        if not row.text("CurrencyCode"):
            raise Unreachable("Saasu sent something else instead of the file.", status=answer.status)
        # The record does not repeat its id.
        return read_file(Row.of({**row.fields, "Id": self._file_id}))

    def items(self, *, modified_since: datetime | None = None) -> tuple[Item, ...]:
        """All items, or those modified since a moment. Combos come without their parts: see `item` (SA §3.3)."""
        query = {}
        if modified_since is not None:
            query = modified_within(modified_since, self._now() + AHEAD)
        rows = list(self._listed("/Items", "Items", query, lambda row: row))
        codes = self._codes_by_id() if any(has_tax(row) for row in rows) else {}
        return tuple(
            read_rows({"Items": [row.fields for row in rows]}, "Items", lambda row: read_item(row, codes))
        )

    def item(self, item_id: int) -> Item | None:
        """One item with the codes of its parts; `None` where there is none, which Saasu says with 400 (SA §4)."""
        answer = self._ask("GET", f"/Item/{item_id}", "items")
        if answer.status in {400, 404} and not answer.is_html:
            return None
        row = Row.of(self._value(answer))
        codes = self._codes_by_id() if has_tax(row) else {}
        return next(
            iter(read_rows({"Items": [row.fields]}, "Items", lambda one: read_item(one, codes))), None
        )

    def tax_codes(self) -> tuple[TaxCode, ...]:
        """All tax codes, inactive ones too; read once in the life of this object."""
        return tuple(self._tax_codes().values())

    def contacts_by_email(self, email: str) -> tuple[Contact, ...]:
        """The contacts with that e-mail, compared here without regard to case and outer blanks; none for a blank one."""
        wanted = folded(email)
        if not wanted:
            return ()
        found = self._listed("/Contacts", "Contacts", {"Email": email.strip()}, read_contact)
        return tuple(contact for contact in found if folded(contact.email) == wanted)

    def contacts_by_name(self, given_name: str, family_name: str) -> tuple[Contact, ...]:
        """The contacts with that first and last name, compared here like e-mails; none where both are blank."""
        names = {"GivenName": given_name.strip(), "FamilyName": family_name.strip()}
        query = {name: text for name, text in names.items() if text}
        if not query:
            return ()
        wanted = (folded(given_name), folded(family_name))
        found = self._listed("/Contacts", "Contacts", query, read_contact)
        return tuple(
            contact
            for contact in found
            if (folded(contact.given_name), folded(contact.family_name)) == wanted
        )

    def all_contacts(self, *, modified_since: datetime | None = None) -> Iterator[Contact]:
        """All contacts, or those modified since a moment, page by page (SA §3.1). Raises a `RemoteFailure` when the listing is not whole."""
        query = {}
        if modified_since is not None:
            query = modified_within(modified_since, self._now() + AHEAD)
        return self._listed("/Contacts", "Contacts", query, read_contact)

    def companies_by_name(self, name: str) -> tuple[int, ...]:
        """The ids of the companies of that name, lowest first, compared here like e-mails; none for a blank one."""
        wanted = folded(name)
        if not wanted:
            return ()
        found = self._listed("/Companies", "Companies", {"CompanyName": name.strip()}, read_company)
        return tuple(sorted(company_id for company_id, called in found if folded(called) == wanted))

    def create_company(self, name: str) -> int:
        """Create a company; its id. Raises `Refused`, `OutcomeLost` or another `RemoteFailure`."""
        answer = self._ask("POST", "/Company", "company", body=company_body(name))
        found = inserted_id(self._written(answer), "InsertedCompanyId", "Id")
        if not found:
            raise OutcomeLost("Saasu's answer does not name the company.", status=answer.status)
        return found

    def create_contact(self, contact: NewContact) -> int:
        """Create a contact; its id. Raises `Refused`, `OutcomeLost` or another `RemoteFailure`."""
        answer = self._ask("POST", "/Contact", "contact", body=new_contact_body(contact))
        found = inserted_id(self._written(answer), "InsertedContactId", "Id")
        if not found:
            raise OutcomeLost("Saasu's answer does not name the contact.", status=answer.status)
        return found

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        """Write the changes into the whole record; raises `StaleRecord` when it changed meanwhile (SA §3, §4)."""
        body = changed_contact_body(contact, change)
        self._written(self._ask("PUT", f"/Contact/{contact.id}", "contact", body=body))

    def reserve(self) -> None:
        """Take the slot for the next post, and see to a token that lives, so that nothing holds the post up (SYNC §7.3)."""
        self._token()
        self._transport.pace("post")
        self._reserved = True

    def post(self, sale: SaleOrder) -> PostedOrder:
        """Create the sale order (SYNC §7.4).

        Raises `Refused` and its kinds, `Throttled`, `Denied`, `CredentialsRefused`, `Unreachable` (all certainly not done) or `OutcomeLost`.
        """
        reserved, self._reserved = self._reserved, False
        answer = self._ask("POST", "/Invoice", "post", body=sale_body(sale), paced=reserved)
        row = self._written(answer, invoice=True)
        found = inserted_id(row, "InsertedEntityId", "Id")
        if not found:
            raise OutcomeLost("Saasu's answer does not name the sale order.", status=answer.status)
        given = "" if sale.number == AUTO_NUMBER else sale.number
        return PostedOrder(invoice_id=found, number=row.text("GeneratedInvoiceNumber") or given)

    def invoice(self, invoice_id: int) -> InvoiceSummary | None:
        """One sale read back by its id; `None` where Saasu has none, or says something else instead (SA §4)."""
        answer = self._ask("GET", f"/Invoice/{invoice_id}", "read back")
        if answer.status in {400, 404} and not answer.is_html:
            return None
        value = self._value(answer)
        return next(iter(read_rows({"Invoices": [value]}, "Invoices", read_invoice)), None)

    def invoices_modified(self, *, since: datetime, until: datetime) -> Iterator[InvoiceSummary]:
        """All sales of any type modified within the window, each once. Raises a `RemoteFailure` when the listing is not whole."""
        # Left out, some versions of the list take this filter for "unpaid" (SA §7).
        query = modified_within(since, until) | {"PaymentStatus": "A"}
        seen: set[int] = set()
        for row in self._listed("/Invoices", "Invoices", query, read_invoice):
            if row.invoice_id not in seen:
                seen.add(row.invoice_id)
                yield row

    def _codes_by_id(self) -> dict[int, str]:
        return {code_id: code.code for code_id, code in self._tax_codes().items()}

    def _tax_codes(self) -> dict[int, TaxCode]:
        if self._codes is None:
            self._codes = dict(self._listed("/TaxCodes", "TaxCodes", {}, read_tax_code))
        return self._codes

    def _listed(
        self, path: str, name: str, query: dict[str, str], read: Callable[[Row], Read | None]
    ) -> Iterator[Read]:
        """The rows of a list, page by page until a short one; the `next` link is on every page and means nothing (SA §3)."""
        before: object = None
        for page in range(1, LONGEST_LIST + 1):
            answer = self._ask("GET", path, name.lower(), query | {"PageSize": str(PAGE), "Page": str(page)})
            value = self._value(answer)
            rows = Row.of(value).get(name)
            if rows and rows == before:
                raise Unreachable("Saasu sent the same page twice, so its list cannot be trusted.")
            try:
                yield from read_rows(value, name, read)
            except Nonsense as fault:
                raise Unreachable(f"Saasu's answer cannot be used: {fault}.", status=answer.status) from None
            if count_rows(value, name) < PAGE:
                return
            before = rows
        raise Unreachable("Saasu's list does not end.")

    def _value(self, answer: Answer) -> object:
        """The decoded body of a good answer to a read. Raises a `RemoteFailure`."""
        if not answer.ok or answer.is_html:
            raise saasu_failure(answer, write=False)
        try:
            return load(answer.text)
        except JsonUnreadable:
            raise Unreachable("Saasu sent something else instead of data.", status=answer.status) from None

    def _written(self, answer: Answer, *, invoice: bool = False) -> Row:
        """The body of a good answer to a write. Raises a `RemoteFailure`, `OutcomeLost` for what is no JSON object."""
        if not answer.ok or answer.is_html:
            raise saasu_failure(answer, write=True, invoice=invoice)
        try:
            value = load(answer.text)
        except JsonUnreadable:
            value = None
        if not isinstance(value, dict):
            raise OutcomeLost("Saasu's answer to the write cannot be read.", status=answer.status)
        return Row.of(value)

    def _ask(
        self,
        method: str,
        path: str,
        purpose: str,
        query: dict[str, str] | None = None,
        *,
        body: str | None = None,
        paced: bool = False,
    ) -> Answer:
        """One call for this file. A 401 was certainly not done: the token is renewed once and the call sent once more (SA §4)."""
        asked = {"FileId": str(self._file_id)} | (query or {})

        def send(token: str, *, paced: bool) -> Answer:
            return self._transport.send(
                method,
                f"{self._root}{path}",
                purpose=purpose,
                headers=saasu_headers(token, body=body is not None),
                query=asked,
                body=body,
                paced=paced,
            )

        token = self._token()
        answer = send(token, paced=paced)
        if answer.status != 401:
            return answer
        token = self._renew(token)
        answer = send(token, paced=False)
        if answer.status == 401:
            raise self._why_refused(token)
        return answer

    def _why_refused(self, token: str) -> RemoteFailure:
        """Whether a fresh token or the FileId was refused: both are 401, and only the ping needs no FileId (SA §1.10, §1.14)."""
        answer = self._transport.send(
            "GET", f"{self._root}/authorisation/ping", purpose="ping", headers=saasu_headers(token)
        )
        if answer.ok and not answer.is_html:
            return Denied("This Saasu login does not reach the file any more.", status=401)
        return CredentialsRefused("Saasu refused the saved sign-in.", status=401)


def has_tax(row: Row) -> bool:
    """Whether an item names a sale tax code."""
    try:
        return tax_id(row) > 0
    except Nonsense:
        return False


def folded(text: str) -> str:
    """A text as e-mails and names are compared: outer blanks and case do not count."""
    return text.strip().casefold()


def modified_within(since: datetime, until: datetime) -> dict[str, str]:
    """The LastModified pair; both ends are required (SA §3)."""
    later = until + timedelta(seconds=1)
    return {"LastModifiedFromDate": saasu_time(since), "LastModifiedToDate": saasu_time(later)}
