"""Who is billed and who receives, as the source document says (SYNC §6)."""

import pytest

from portal.sync.contacts import (
    ByEmail,
    ByName,
    Create,
    NoContact,
    SameAsBilling,
    ShippingPlan,
    Use,
    billing_plan,
    billing_search,
    shipping_plan,
    shipping_search,
)
from portal.sync.orders import Address
from portal.sync.personal import bare_of
from portal.sync.rules import Existing
from portal.sync.sale_orders import Contact, ContactChange, NewContact, PostalAddress
from tests.builders import address, contact, destination, order

ELSEWHERE = PostalAddress(street="9 Low Road", city="Perth", state="WA", postcode="6000", country="Australia")
AWAY = {"street_1": "9 Low Road", "city": "Perth", "state": "WA", "postcode": "6000"}


def change_for(found: Contact, **billing: str) -> ContactChange | None:
    plan = billing_plan(order(billing=address(**billing)).order, (found,))
    assert isinstance(plan, Use)
    return plan.change


def test_the_billing_contact_is_looked_up_by_email() -> None:
    """Check if there’s a customer in Saasu with the same email as in BigCommerce order billing section."""
    assert billing_search(order().order) == ByEmail("robin@example.com")


@pytest.mark.parametrize("email", ["", "  ", "none"])
def test_without_a_usable_email_it_is_looked_up_by_name(email: str) -> None:
    assert billing_search(order(billing=address(email=email)).order) == ByName("Robin", "Example")


def test_nobodys_email_is_no_usable_email() -> None:
    found = billing_search(order().order, nobodys=["ROBIN@example.com "])
    assert found == ByName("Robin", "Example")


def test_without_a_name_the_company_is_the_last_name() -> None:
    billing = Address(company="Example Pty Ltd", email="")
    assert billing_search(order(billing=billing).order) == ByName("", "Example Pty Ltd")
    plan = billing_plan(order(billing=billing).order, ())
    assert plan == Create(NewContact(given_name="", family_name="Example Pty Ltd"))


def test_blank_names_are_never_searched_and_give_no_contact_and_a_note() -> None:
    nobody = order(billing=Address()).order
    plan = billing_plan(nobody, ())
    assert billing_search(nobody) is None
    assert plan == NoContact(
        ("The order has no e-mail, name or company: the sale was posted without a contact.",)
    )


def test_an_email_alone_still_makes_a_contact_with_a_name() -> None:
    plan = billing_plan(order(billing=Address(email="robin@example.com")).order, ())
    assert isinstance(plan, Create)
    assert (plan.contact.family_name, plan.contact.email) == ("robin@example.com", "robin@example.com")


def test_an_email_and_a_first_name_make_a_contact_without_a_last_one() -> None:
    plan = billing_plan(order(billing=Address(first_name="Robin", email="robin@example.com")).order, ())
    assert isinstance(plan, Create)
    assert (plan.contact.given_name, plan.contact.family_name) == ("Robin", "")


def test_no_contact_with_that_email_creates_one_with_both_street_lines() -> None:
    """If there’s no customer with the same email then we create a new contact in Saasu."""
    plan = billing_plan(order(billing=address(street_2=" Unit 2 ")).order, ())
    assert plan == Create(
        NewContact(
            given_name="Robin",
            family_name="Example",
            email="robin@example.com",
            phone="0491570156",
            postal=PostalAddress(
                street="1 High Street, Unit 2",
                city="Fremantle",
                state="Western Australia",
                postcode="6160",
                country="Australia",
            ),
        )
    )


def test_a_contact_that_says_it_all_already_is_not_written() -> None:
    assert change_for(contact(given_name="ROBIN ")) is None


def test_name_and_address_are_written_in_any_case() -> None:
    """If there is, then we’re updating Saasu contact with: FirstName, LastName, City, Street, Postcode, State in any case."""
    found = contact(given_name="Robyn", postal=ELSEWHERE)
    change = change_for(found)
    assert change == ContactChange(
        given_name="Robin",
        family_name="Example",
        postal=PostalAddress(
            street="1 High Street",
            city="Fremantle",
            state="Western Australia",
            postcode="6160",
            country="Australia",
        ),
    )


def test_a_blank_part_of_name_and_address_overwrites() -> None:
    change = change_for(contact(), first_name="", postcode="")
    assert change is not None
    assert (change.given_name, change.family_name) == ("", "Example")
    assert change.postal is not None
    assert change.postal.postcode == ""


def test_no_name_at_all_keeps_the_name_and_no_address_at_all_keeps_the_address() -> None:
    bare = {"first_name": "", "last_name": "", "company": "Example Pty Ltd"}
    empty = {"street_1": "", "city": "", "state": "", "postcode": ""}
    assert change_for(contact(), **bare, **empty) is None


def test_the_phone_is_written_only_when_the_order_has_one() -> None:
    """And also the phone number if it’s not empty in the order."""
    assert change_for(contact(), phone="") is None
    assert change_for(contact(), phone="0491570157") == ContactChange(phone="0491570157")


def test_the_country_follows_an_address_in_another_country_and_stays_otherwise() -> None:
    abroad = change_for(contact(), city="Wellington", country="New Zealand", country_code="NZ")
    assert abroad is not None and abroad.postal is not None
    assert abroad.postal.country == "New Zealand"
    home = change_for(contact(), city="Perth", country="", country_code="")
    assert home is not None and home.postal is not None
    assert home.postal.country == "Australia"


def test_a_contact_given_another_name_is_noted() -> None:
    plan = billing_plan(order().order, (contact(given_name="Robyn"),))
    assert isinstance(plan, Use)
    assert plan.notes == ("Contact 7 was renamed from “Robyn Example” to “Robin Example”.",)
    assert [bare_of(note) for note in plan.notes] == ["Contact 7 was renamed."]


@pytest.mark.parametrize(
    ("found", "renames"),
    [
        ({"given_name": "Robyn"}, True),
        ({"family_name": "Sample"}, True),
        ({"given_name": "", "family_name": "Sample"}, True),
        ({"given_name": "Robyn", "family_name": " "}, True),
        ({"given_name": " ", "family_name": ""}, False),
        ({"given_name": "ROBIN"}, False),
        ({"phone": "1"}, False),
    ],
)
def test_only_a_contact_that_had_another_name_is_renamed(found: dict[str, str], renames: bool) -> None:
    plan = ShippingPlan(billing_plan(order().order, (contact(**found),)), NoContact())

    assert plan.renames is renames


def test_a_contact_that_is_created_or_absent_renames_nobody() -> None:
    assert ShippingPlan(billing_plan(order().order, ()), NoContact()).renames is False
    assert ShippingPlan(NoContact(), NoContact()).renames is False


def test_a_supplier_who_is_no_customer_is_passed_over() -> None:
    supplier = contact(is_customer=False, is_supplier=True)
    both = contact(is_supplier=True)
    assert isinstance(billing_plan(order().order, (supplier,)), Create)
    assert isinstance(billing_plan(order().order, (both,)), Use)


def test_of_several_the_active_one_with_the_lowest_id_is_used_with_a_note() -> None:
    plan = billing_plan(order().order, (contact(id=9), contact(id=3, is_active=False), contact(id=5)))
    assert isinstance(plan, Use)
    assert plan.contact.id == 5
    assert plan.notes == ("3 contacts have the e-mail robin@example.com: contact 5 was used.",)
    assert bare_of(plan.notes[0]) == "3 contacts have the order’s e-mail: contact 5 was used."


def test_two_of_one_email_are_noted_also_where_the_delivery_is_written_to_one() -> None:
    complete = order(addresses=[destination(**AWAY)])
    plan = shipping_plan(complete, billing_plan(complete.order, (contact(id=9), contact(id=7))))
    assert isinstance(plan.billing, Use)
    assert plan.billing.change == ContactChange(other=ELSEWHERE)
    assert plan.notes == ("2 contacts have the e-mail robin@example.com: contact 7 was used.",)


def test_an_inactive_contact_is_set_active_and_noted() -> None:
    plan = billing_plan(order().order, (contact(is_active=False),))
    assert isinstance(plan, Use)
    assert plan.change == ContactChange(is_active=True)
    assert plan.notes == ("Contact 7 was inactive in Saasu and was set active.",)


def test_an_inactive_contact_that_may_not_be_written_is_used_as_it_is_and_noted() -> None:
    plan = billing_plan(order().order, (contact(is_active=False),), existing=Existing.LEAVE_ALONE)
    assert plan == Use(
        contact(is_active=False),
        None,
        ("Contact 7 was inactive in Saasu and was left so.",),
        may_change=False,
    )


def test_a_persons_company_is_linked_and_one_that_stands_for_the_name_is_not() -> None:
    def company_of(**billing: str) -> str:
        plan = billing_plan(order(billing=Address(company="Gum Pty Ltd", **billing)).order, ())
        assert isinstance(plan, Create)
        return plan.contact.company

    assert company_of(first_name="Kim") == "Gum Pty Ltd"
    assert company_of(last_name="Gum Pty Ltd") == ""
    assert company_of(email="kim@example.com") == ""
    assert company_of() == ""


def test_an_older_order_never_writes_a_contact() -> None:
    complete = order(addresses=[destination(**AWAY)])
    robyn = contact(given_name="Robyn")
    billing = billing_plan(complete.order, (robyn,), newest_writer={7: 121}.__getitem__)
    plan = shipping_plan(complete, billing)
    assert isinstance(plan.billing, Use)
    assert plan.billing.change is None
    assert plan.delivery_note == "Deliver to: Robin Example, 9 Low Road, Perth WA 6000, Australia"


def test_the_setting_leaves_existing_contacts_alone_or_takes_the_address_only() -> None:
    found = contact(given_name="Robyn", phone="", postal=ELSEWHERE)
    alone = billing_plan(order().order, (found,), existing=Existing.LEAVE_ALONE)
    part = billing_plan(order().order, (found,), existing=Existing.ADDRESS_ONLY)
    assert isinstance(alone, Use) and isinstance(part, Use)
    assert alone.change is None
    assert part.change is not None and part.change.postal is not None
    assert (part.change.given_name, part.change.phone) == (None, None)


def test_without_email_the_only_one_of_that_name_is_used_and_never_changed() -> None:
    complete = order(billing=address(email=""), addresses=[destination(**AWAY)])
    plan = shipping_plan(complete, billing_plan(complete.order, (contact(phone=""),)))
    note = "The order has no usable e-mail: its contact was found by name and left unchanged."
    assert plan.billing == Use(contact(phone=""), None, (note,), may_change=False)
    assert plan.delivery_note.startswith("Deliver to: Robin Example, 9 Low Road")


def test_without_email_two_of_that_name_make_a_new_contact() -> None:
    plan = billing_plan(order(billing=address(email="")).order, (contact(id=1), contact(id=2)))
    assert isinstance(plan, Create)
    assert plan.contact.email == ""


def test_the_same_name_and_address_changes_nothing() -> None:
    """If billing is the same as shipping, we’re not doing anything."""
    complete = order(addresses=[destination(state="wa", city="FREMANTLE ")])
    plan = shipping_plan(complete, Use(contact()))
    assert (plan.billing, plan.shipping, plan.delivery_note) == (Use(contact()), SameAsBilling(), "")


def test_the_same_name_and_another_address_updates_the_shipping_details_in_one_write() -> None:
    """If address is different then we’re updating shipping details of billing contact in Saasu."""
    complete = order(addresses=[destination(**AWAY)])
    billing = billing_plan(complete.order, (contact(given_name="Robyn"),))
    plan = shipping_plan(complete, billing)
    assert isinstance(plan.billing, Use)
    assert plan.billing.change == ContactChange(given_name="Robin", family_name="Example", other=ELSEWHERE)
    assert (plan.shipping, plan.delivery_note) == (SameAsBilling(), "")


def test_shipping_details_that_are_there_already_are_not_written_again() -> None:
    complete = order(addresses=[destination(**AWAY)])
    plan = shipping_plan(complete, Use(contact(other=ELSEWHERE)))
    assert plan.billing == Use(contact(other=ELSEWHERE))


def test_a_new_billing_contact_gets_its_shipping_details_at_once() -> None:
    complete = order(addresses=[destination(**AWAY)])
    plan = shipping_plan(complete, billing_plan(complete.order, ()))
    assert isinstance(plan.billing, Create)
    assert (plan.billing.contact.other, plan.notes) == (ELSEWHERE, ())


def test_old_shipping_details_are_corrected_by_a_delivery_note() -> None:
    plan = shipping_plan(order(), Use(contact(other=ELSEWHERE)))
    assert plan.billing == Use(contact(other=ELSEWHERE))
    assert plan.delivery_note.startswith("Deliver to: Robin Example, 1 High Street, Fremantle")


def test_a_blank_receiver_is_the_one_billed() -> None:
    """Check if billing and shipping has the same First/Last names."""
    complete = order(addresses=[destination(first_name="", last_name="")])
    assert shipping_search(complete) is None
    assert shipping_plan(complete, Use(contact())).shipping == SameAsBilling()


def test_another_receiver_who_is_found_is_used_unchanged() -> None:
    """If billing/shipping First/Last names are different then we’re searching contact in Saasu by First/Last name and if we found one then we’re not doing anything."""
    complete = order(addresses=[destination(first_name="Kim", **AWAY)])
    kim = contact(id=8, given_name="Kim", postal=ELSEWHERE)
    retired = contact(id=3, given_name="Kim", is_active=False)
    assert shipping_plan(complete, Use(contact()), (retired,)).shipping == Use(retired, may_change=False)
    plan = shipping_plan(complete, Use(contact()), (kim,))
    assert shipping_search(complete) == ByName("Kim", "Example")
    assert plan.shipping == Use(kim, None, may_change=False)
    assert plan.delivery_note == ""


def test_of_several_receivers_the_active_one_with_the_lowest_id_is_used_with_a_note() -> None:
    complete = order(addresses=[destination(first_name="Kim")])
    kims = [contact(id=number, given_name="Kim", is_active=number > 3) for number in (3, 9, 8)]
    plan = shipping_plan(complete, Use(contact()), kims)
    assert isinstance(plan.shipping, Use)
    assert plan.shipping.contact.id == 8
    assert plan.notes == ("3 contacts are called Kim Example: contact 8 was used as the receiver.",)
    assert (
        bare_of(plan.notes[0]) == "3 contacts have the receiver’s name: contact 8 was used as the receiver."
    )


def test_a_receiver_with_another_address_leaves_the_delivery_in_the_notes() -> None:
    complete = order(addresses=[destination(first_name="Kim", **AWAY)])
    plan = shipping_plan(complete, Use(contact()), (contact(id=8, given_name="Kim"),))
    assert plan.delivery_note == "Deliver to: Kim Example, 9 Low Road, Perth WA 6000, Australia"


def test_another_receiver_who_is_not_found_is_created_without_email() -> None:
    """Otherwise we’re creating new contact in Saasu with shipping details from Bigcommerce order."""
    complete = order(addresses=[destination(first_name="Kim", **AWAY)])
    plan = shipping_plan(complete, Use(contact()))
    assert plan.shipping == Create(
        NewContact(
            given_name="Kim", family_name="Example", phone="0491570156", postal=ELSEWHERE, other=ELSEWHERE
        )
    )
    assert plan.delivery_note == ""


def test_names_with_apostrophes_and_hyphens_are_searched_and_kept_as_they_are() -> None:
    billing = address(first_name="Anne-Marie", last_name="O'Brannock", email="")
    complete = order(billing=billing, addresses=[destination(first_name="Seán", last_name="D’Arcy-Smith")])
    assert billing_search(complete.order) == ByName("Anne-Marie", "O'Brannock")
    assert shipping_search(complete) == ByName("Seán", "D’Arcy-Smith")
    plan = shipping_plan(complete, billing_plan(complete.order, ()))
    assert isinstance(plan.billing, Create) and isinstance(plan.shipping, Create)
    assert (plan.billing.contact.given_name, plan.billing.contact.family_name) == ("Anne-Marie", "O'Brannock")
    assert plan.shipping.contact.family_name == "D’Arcy-Smith"
    found = contact(given_name="anne-marie", family_name="O'BRANNOCK")
    assert change_for(found, first_name="Anne-Marie", last_name="O'Brannock") is None
