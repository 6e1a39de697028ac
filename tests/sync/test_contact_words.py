"""What an order would do to contacts is said before anything is written."""

from dataclasses import replace
from typing import Any

import pytest

from portal.sync.contact_words import Changed, changes_of, contact_sentences, receiver_sentence
from portal.sync.contacts import (
    NoContact,
    SameAsBilling,
    ShippingPlan,
    Use,
    billing_plan,
    shipping_plan,
)
from portal.sync.orders import CompleteOrder
from portal.sync.sale_orders import Contact, ContactChange, PostalAddress
from tests import builders


def planned(complete: CompleteOrder, *found: Contact, receivers: tuple[Contact, ...] = ()) -> ShippingPlan:
    return shipping_plan(complete, billing_plan(complete.order, found), receivers)


def order(**billing: str) -> CompleteOrder:
    return builders.order(billing=builders.address(**billing), addresses=())


def test_a_customer_nobody_knows_would_be_created() -> None:
    assert contact_sentences(planned(builders.order())) == (
        "Would create contact Robin Example, robin@example.com.",
    )


def test_a_customer_without_an_email_would_be_created_by_name() -> None:
    assert contact_sentences(planned(order(email=""))) == ("Would create contact Robin Example.",)


def test_a_customer_with_a_company_would_be_linked_to_it() -> None:
    assert contact_sentences(planned(order(company="Example Pty Ltd"))) == (
        "Would create contact Robin Example, robin@example.com, linked to the company Example Pty Ltd.",
    )


def test_a_customer_with_the_same_details_would_be_used_unchanged() -> None:
    plan = planned(builders.order(), builders.contact())

    assert contact_sentences(plan) == ("Would use contact 7 (Robin Example) unchanged.",)
    assert changes_of(plan.billing) == ()


@pytest.mark.parametrize(
    ("known", "words", "changed"),
    [
        ({"phone": ""}, "phone", Changed("phone", "", "0491570156")),
        ({"family_name": "Old"}, "name", Changed("name", "Robin Old", "Robin Example")),
        (
            {"postal": PostalAddress(street="9 Low Road", city="Perth", state="WA", postcode="6000")},
            "address",
            Changed(
                "address",
                "9 Low Road, Perth WA 6000",
                "1 High Street, Fremantle Western Australia 6160, Australia",
            ),
        ),
        ({"is_active": False}, "set active", Changed("set active", "inactive", "active")),
    ],
)
def test_a_changed_detail_is_named_with_both_its_values(
    known: dict[str, Any], words: str, changed: Changed
) -> None:
    before = builders.contact(**known)
    plan = planned(builders.order(), before)
    name = "Robin Old" if "family_name" in known else "Robin Example"

    assert contact_sentences(plan) == (f"Would update contact 7 ({name}): {words}.",)
    assert changes_of(plan.billing) == (changed,)


def test_several_changes_stand_in_one_sentence() -> None:
    away = builders.destination(street_1="5 Far Lane")
    plan = planned(builders.order(addresses=(away,)), builders.contact(phone="0400000000"))

    assert contact_sentences(plan) == ("Would update contact 7 (Robin Example): phone, shipping address.",)
    assert changes_of(plan.billing)[1] == Changed(
        "shipping address", "", "5 Far Lane, Fremantle Western Australia 6160, Australia"
    )


def test_a_receiver_of_another_name_would_be_created_or_used() -> None:
    away = builders.order(addresses=(builders.destination(first_name="Sam", last_name="Other"),))
    known = replace(builders.contact(id=9), given_name="Sam", family_name="Other")

    assert contact_sentences(planned(away, builders.contact())) == (
        "Would use contact 7 (Robin Example) unchanged.",
        "Would create contact Sam Other as the receiver.",
    )
    assert contact_sentences(planned(away, builders.contact(), receivers=(known,)))[1] == (
        "Would name contact 9 (Sam Other) as the receiver, unchanged."
    )


def test_an_order_that_names_nobody_would_have_no_contact() -> None:
    nobody = order(first_name="", last_name="", company="", email="")

    assert contact_sentences(planned(nobody)) == (
        "Would be posted without a contact: the order names nobody.",
    )
    assert changes_of(NoContact()) == ()


def test_of_a_receiver_who_is_the_one_billed_or_nobody_nothing_is_said() -> None:
    digital = builders.order(is_digital=True, addresses=(builders.destination(first_name="Sam"),))

    assert receiver_sentence(planned(builders.order(), builders.contact())) == ""
    assert receiver_sentence(planned(digital, builders.contact())) == ""


def test_of_two_names_the_one_that_an_order_leaves_blank_is_told_as_blank() -> None:
    only_last, only_first = order(first_name=" ", last_name="Sole"), order(last_name="")

    assert changes_of(planned(only_last, builders.contact()).billing) == (
        Changed("name", "Robin Example", "Sole"),
    )
    assert changes_of(planned(only_first, builders.contact()).billing) == (
        Changed("name", "Robin Example", "Robin"),
    )


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (ContactChange(given_name="Kim"), "Kim Example"),
        (ContactChange(family_name="Sample"), "Robin Sample"),
        (ContactChange(given_name=""), "Example"),
        (ContactChange(family_name=""), "Robin"),
    ],
)
def test_a_part_of_a_name_that_would_not_be_written_stays(change: ContactChange, after: str) -> None:
    assert changes_of(Use(builders.contact(), change)) == (Changed("name", "Robin Example", after),)


def test_contacts_without_a_name_are_told_by_what_there_is() -> None:
    nameless = builders.contact(given_name="", family_name=" ")
    delivery = builders.order(addresses=(builders.destination(first_name=" ", last_name="Only"),))

    assert contact_sentences(ShippingPlan(Use(nameless), SameAsBilling())) == (
        "Would use contact 7 unchanged.",
    )
    assert contact_sentences(planned(delivery))[1] == "Would create contact Only as the receiver."
