"""Where an order goes, and what its sale says of that (SYNC §6)."""

from portal.sync.contacts import (
    NoContact,
    Use,
    address_text,
    billing_plan,
    same_address,
    same_country,
    shipping_plan,
    shipping_search,
)
from portal.sync.orders import Address, ShippingAddress
from portal.sync.sale_orders import PostalAddress
from tests.builders import address, contact, destination, order

ELSEWHERE = PostalAddress(street="9 Low Road", city="Perth", state="WA", postcode="6000", country="Australia")
AWAY = {"street_1": "9 Low Road", "city": "Perth", "state": "WA", "postcode": "6000"}


def test_digital_goods_have_no_receiver() -> None:
    for complete in (order(is_digital=True), order(addresses=[])):
        plan = shipping_plan(complete, Use(contact()))
        assert (plan.shipping, plan.delivery_note) == (NoContact(), "")
        assert shipping_search(complete) is None


def test_of_several_destinations_the_first_is_used_and_the_others_are_listed() -> None:
    second = ShippingAddress(id=2, address=address(first_name="Kim", company="Example Pty Ltd", **AWAY))
    plan = shipping_plan(order(addresses=[destination(), second]), Use(contact()))
    assert plan.delivery_note == (
        "Also deliver to: Kim Example, Example Pty Ltd, 9 Low Road, Perth WA 6000, Australia"
    )


def test_of_five_destinations_the_four_others_are_listed_in_their_order() -> None:
    places = [
        ShippingAddress(id=number, address=address(street_1=f"{number} High Street"))
        for number in range(1, 6)
    ]
    plan = shipping_plan(order(addresses=places), Use(contact()))
    assert [text.split(", ")[1] for text in plan.delivery_note.split("\n")] == [
        f"{number} High Street" for number in range(2, 6)
    ]


def test_a_delivery_to_nobody_in_particular_stands_in_the_notes() -> None:
    complete = order(billing=Address(), addresses=[destination(first_name="", last_name="")])
    plan = shipping_plan(complete, billing_plan(complete.order, ()))
    assert plan.shipping == NoContact()
    assert plan.delivery_note.startswith("Deliver to: 1 High Street, Fremantle")


def test_two_spellings_of_a_state_are_one_and_another_country_is_another_address() -> None:
    assert same_address(
        ELSEWHERE,
        PostalAddress(street="9 low road", city="PERTH", state="Western Australia", postcode="6000"),
    )
    assert not same_address(
        ELSEWHERE, PostalAddress(street="9 Low Road", city="Perth", state="WA", postcode="6000", country="NZ")
    )
    assert same_address(
        ELSEWHERE,
        PostalAddress(street="9 Low Road", city="Perth", state="W.A.", postcode="6000", country="AU"),
    )


def test_a_country_is_the_same_by_its_name_and_its_two_codes() -> None:
    assert all(same_country(one, "Australia") for one in ("AU", "aus ", "AUSTRALIA"))
    assert not same_country("NZ", "Australia")


def test_a_blank_first_name_leaves_no_blank_in_the_address() -> None:
    assert address_text(address(first_name=" ", street_2="")).startswith("Example, 1 High Street, Fremantle")


def test_each_address_of_a_delivery_to_several_has_a_line_of_its_own() -> None:
    away = destination(**AWAY)
    plan = shipping_plan(order(addresses=[away, destination(), away]), Use(contact(), may_change=False))
    assert plan.delivery_note.split("\n") == [
        "Deliver to: Robin Example, 9 Low Road, Perth WA 6000, Australia",
        "Also deliver to: Robin Example, 1 High Street, Fremantle Western Australia 6160, Australia",
        "Also deliver to: Robin Example, 9 Low Road, Perth WA 6000, Australia",
    ]
