"""The further choices of the connector page: their fields, apart because most connections never need them."""

from collections.abc import Sequence

from flask import request
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from portal.models.connections import Connection
from portal.services.choices import USUAL, Choices, emails_in
from portal.sync.contacts import folded
from portal.sync.rules import Existing, Item, TaxCode

DISCOUNTS = [
    ("document", "Split over all lines"),
    ("own", "Always the shop’s own amounts"),
]
EXISTING = [
    (Existing.AS_DOCUMENTED, "Follow each order"),
    (Existing.ADDRESS_ONLY, "Follow its address only"),
    (Existing.LEAVE_ALONE, "Leave them alone"),
]
CODES = {"taxable_code": True, "free_code": False, "export_code": False}
"""Which choice of a tax code is for what carries GST."""


class ChoicesFields:
    """Fields mixed into the connector form."""

    fee_item = SelectField("Fee Item", coerce=str, default="")
    taxable_code = SelectField("GST 10 %", coerce=str, default="")
    free_code = SelectField("No GST", coerce=str, default="")
    export_code = SelectField("Exported", coerce=str, default="")
    discounts = SelectField("Discounts", coerce=str, choices=DISCOUNTS, default="document")
    whole_cent_prices = BooleanField("Put discounts into prices of whole cents, not into percentages")
    existing_contacts = SelectField(
        "Existing contacts",
        coerce=str,
        choices=[(str(key), words) for key, words in EXISTING],
        default=str(Existing.AS_DOCUMENTED),
    )
    nobodys_emails = StringField("Nobody’s e-mails", validators=[Length(max=1000)])

    def offer_choices(
        self, items: Sequence[Item], codes: Sequence[TaxCode], connection: Connection | None
    ) -> None:
        """Fill the lists: the items, and for each kind of charge the codes that fit it."""
        named = [(str(item.id), f"{item.code} · {item.name}" if item.name else item.code) for item in items]
        self.fee_item.choices = [("", "none: orders that charge a fee will need you"), *named]
        for name, taxed in CODES.items():
            fitting = [code.code for code in codes if bool(code.rate) == taxed and code.code != USUAL[name]]
            kept = getattr(connection, name) if connection else USUAL[name]
            gone = [] if kept in {USUAL[name], *fitting} else [(kept, f"{kept}: not active in the file")]
            field: SelectField = getattr(self, name)
            field.choices = [("", f"usual: {USUAL[name]}"), *((code, code) for code in fitting), *gone]

    def show_choices(self, connection: Connection) -> None:
        """Fill the fields from what is saved."""
        self.fee_item.data = str(connection.fee_item_id or "")
        for name in CODES:
            kept = getattr(connection, name)
            getattr(self, name).data = "" if kept == USUAL[name] else kept
        self.discounts.data = "own" if connection.own_discounts else "document"
        self.whole_cent_prices.data = connection.whole_cent_prices
        self.existing_contacts.data = connection.existing_contacts
        self.nobodys_emails.data = connection.nobodys_emails

    def unlisted(self, emails: Sequence[str]) -> list[str]:
        """Those of some addresses that are not listed as nobody's yet."""
        listed = set(map(folded, emails_in(self.nobodys_emails.data or "")))
        return [one for one in emails if folded(one) not in listed]

    def choices_made(self) -> Choices:
        """The choices as filled in, with the suggested e-mails that were ticked."""
        ticked = ", ".join([self.nobodys_emails.data or "", *request.form.getlist("suggested_emails")])
        return Choices(
            fee_item_id=int(self.fee_item.data) if self.fee_item.data else None,
            taxable_code=self.taxable_code.data or "",
            free_code=self.free_code.data or "",
            export_code=self.export_code.data or "",
            own_discounts=self.discounts.data == "own",
            whole_cent_prices=bool(self.whole_cent_prices.data),
            existing_contacts=Existing(self.existing_contacts.data or Existing.AS_DOCUMENTED),
            nobodys_emails=emails_in(ticked),
        )
