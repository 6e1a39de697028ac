"""The plan for both contacts carried out through the books (SYNC §6)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from portal.sync.customers import contacts_for
from portal.sync.failures import StaleRecord
from portal.sync.orders import Address, CompleteOrder
from portal.sync.ports import Ledger
from portal.sync.rules import Existing
from portal.sync.sale_orders import Contact, ContactChange, PostalAddress
from tests.builders import address, contact, destination, order, rules
from tests.fakes import FakeBooks, FakeClock


@dataclass
class StaleBooks(FakeBooks):
    """Books whose first `stale` updates meet a record that changed meanwhile to `fresh`."""

    stale: int = 0
    fresh: Contact | None = None
    changes: list[tuple[str, ContactChange]] = field(default_factory=list)
    when_stale: Callable[[], None] = lambda: None

    def update_contact(self, contact: Contact, change: ContactChange) -> None:
        super().update_contact(contact, change)
        if self.stale:
            self.stale -= 1
            self.when_stale()
            self.contacts = [self.fresh] if self.fresh else []
            raise StaleRecord("Record to be updated has changed since last read.")
        self.changes.append((contact.last_updated_id, change))


@dataclass
class Memory:
    """The part of a ledger that remembers who wrote a contact last."""

    writers: dict[int, int] = field(default_factory=dict)
    written: list[tuple[int, int]] = field(default_factory=list)

    def newest_writer(self, contact_id: int) -> int:
        return self.writers.get(contact_id, 0)

    def contact_written(self, contact_id: int, order_id: int) -> None:
        self.written.append((contact_id, order_id))


def books(*contacts: Contact, stale: int = 0, fresh: Contact | None = None) -> StaleBooks:
    clock = FakeClock(datetime(2026, 3, 2, tzinfo=UTC))
    return StaleBooks(clock=clock, contacts=list(contacts), stale=stale, fresh=fresh)


def carried_out(
    complete: CompleteOrder, file: StaleBooks, memory: Memory, **setting: Any
) -> tuple[int | None, int | None, str]:
    result = contacts_for(complete, rules(**setting), file, cast("Ledger", memory))
    return result.billing_id, result.shipping_id, result.delivery_note


def test_a_known_customer_costs_one_call() -> None:
    file, memory = books(contact()), Memory()
    assert carried_out(order(), file, memory) == (7, 7, "")
    assert (file.asked, memory.written) == (["contacts_by_email"], [(7, 120)])


def test_a_new_customer_is_created_and_remembered() -> None:
    file, memory = books(), Memory()
    assert carried_out(order(), file, memory) == (500, 500, "")
    assert memory.written == [(500, 120)]


def test_name_address_and_delivery_go_in_one_write() -> None:
    file, memory = books(contact(given_name="Robyn")), Memory()
    assert carried_out(order(addresses=[destination(street_1="9 Low Road")]), file, memory)[:2] == (7, 7)
    assert len(file.changes) == 1
    assert file.changes[0][1].other is not None
    assert memory.written == [(7, 120)]


def test_the_setting_existing_contacts_is_followed() -> None:
    file, memory = books(contact(given_name="Robyn", phone="")), Memory()
    assert carried_out(order(), file, memory, existing_contacts=Existing.LEAVE_ALONE)[0] == 7
    assert (file.changes, memory.written) == ([], [])


def test_a_stale_record_is_written_again_under_the_same_setting() -> None:
    stale = contact(given_name="Robyn", postal=PostalAddress())
    file = books(stale, stale=1, fresh=replace(stale, last_updated_id="BBB="))
    carried_out(order(), file, Memory(), existing_contacts=Existing.ADDRESS_ONLY)
    [(version, change)] = file.changes
    assert (version, change.given_name, change.postal is None) == ("BBB=", None, False)


def test_an_order_with_nobodys_email_is_looked_up_by_name() -> None:
    file = books(contact(given_name="Kim", email="orders@example.com"))
    counter = order(billing=address(email="orders@example.com"))
    assert carried_out(counter, file, Memory(), nobodys_emails=("Orders@example.com",))[0] == 501
    assert file.asked == ["contacts_by_name", "create_contact"]
    assert file.contacts[-1].email == ""


def test_an_older_order_writes_nothing() -> None:
    file, memory = books(contact(given_name="Robyn")), Memory({7: 121})
    assert carried_out(order(), file, memory)[0] == 7
    assert (file.changes, memory.written) == ([], [])


def test_an_order_that_wrote_a_contact_itself_may_write_it_again() -> None:
    file = books(contact(given_name="Robyn"))
    carried_out(order(), file, Memory({7: 120}))
    assert len(file.changes) == 1


def test_an_order_older_than_another_contacts_writer_still_writes_its_own() -> None:
    file = books(contact(given_name="Robyn"))
    carried_out(order(), file, Memory({8: 500}))
    assert len(file.changes) == 1


def test_a_contact_that_became_a_newer_orders_meanwhile_is_left_after_a_stale_answer() -> None:
    robyn = contact(given_name="Robyn")
    file, memory = books(robyn, stale=1, fresh=robyn), Memory()
    file.when_stale = lambda: memory.writers.update({7: 121})
    assert carried_out(order(), file, memory)[0] == 7
    assert file.changes == []


def test_a_company_is_linked_when_its_contact_is_created() -> None:
    wattle = order(billing=address(company=" Wattle Pty Ltd "))
    file = books()
    carried_out(wattle, file, Memory())
    assert (file.companies, file.new_contacts[0].company_id) == ({40: "Wattle Pty Ltd"}, 40)
    assert file.asked == ["contacts_by_email", "companies_by_name", "create_company", "create_contact"]
    file.contacts.clear()
    file.asked.clear()
    carried_out(wattle, file, Memory())
    assert file.asked == ["contacts_by_email", "companies_by_name", "create_contact"]
    assert file.new_contacts[1].company_id == 40


def test_a_company_of_a_known_contact_is_never_looked_up() -> None:
    file = books(contact())
    carried_out(order(billing=address(company="Wattle Pty Ltd")), file, Memory())
    assert file.asked == ["contacts_by_email"]


def test_a_receivers_company_is_linked_too() -> None:
    file = books(contact())
    carried_out(order(addresses=[destination(first_name="Kim", company="Gum Pty Ltd")]), file, Memory())
    assert [one.company_id for one in file.new_contacts] == [40]


def test_several_receivers_of_one_name_are_noted_with_what_is_noted_on_the_billing_contact() -> None:
    complete = order(addresses=[destination(first_name="Kim")])
    kims = [contact(id=8, given_name="Kim", email=""), contact(id=9, given_name="Kim", email="")]
    file = books(contact(is_active=False), *kims)
    result = contacts_for(complete, rules(), file, cast("Ledger", Memory()))
    assert result.notes == (
        "Contact 7 was inactive in Saasu and was set active.",
        "2 contacts are called Kim Example: contact 8 was used as the receiver.",
    )


def test_a_stale_record_is_read_again_and_written_once_more() -> None:
    fresh = contact(given_name="Robyn", last_updated_id="BBB=")
    file = books(contact(given_name="Robyn"), stale=1, fresh=fresh)
    assert carried_out(order(), file, Memory())[0] == 7
    assert [version for version, _ in file.changes] == ["BBB="]


def test_a_stale_record_that_says_it_all_by_now_is_left() -> None:
    file = books(contact(given_name="Robyn"), stale=1, fresh=contact(last_updated_id="BBB="))
    assert carried_out(order(), file, Memory())[0] == 7
    assert file.changes == []


def test_another_receiver_is_found_or_created() -> None:
    complete = order(addresses=[destination(first_name="Kim")])
    kim = contact(id=8, given_name="Kim", email="")
    assert carried_out(complete, books(contact(), kim), Memory())[:2] == (7, 8)
    assert carried_out(complete, books(contact()), Memory())[:2] == (7, 501)


def test_nobody_at_all_asks_nothing_and_has_no_contact() -> None:
    file = books(contact())
    assert carried_out(order(billing=Address(), addresses=[]), file, Memory()) == (None, None, "")
    assert file.asked == []


def test_digital_goods_have_no_receiver_in_the_sale() -> None:
    assert carried_out(order(is_digital=True), books(contact()), Memory())[:2] == (7, None)
