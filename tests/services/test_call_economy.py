"""What customers cost in calls over whole runs against the pretend Saasu, and none of them twice (SYNC §7.9, §9)."""

from typing import Any

import pytest
import requests
from sqlalchemy import update

from portal.models.connections import SaasuFile
from portal.models.runs import RunKind
from tests.selection_desk import Counter


def kim(number: int = 0, **more: str) -> dict[str, str]:
    return {
        "first_name": "Kim",
        "last_name": f"Park{number}",
        "street_1": "1 High Street",
        "city": "Perth",
        "state": "Western Australia",
        "zip": "6000",
        "country": "Australia",
        "country_iso2": "AU",
        "email": f"kim{number}@example.com",
    } | more


def calls(shop: Counter) -> dict[str, int]:
    """The calls to Saasu since the last time this was asked."""
    control = shop.desk.servers.controls["saasu"]
    found: dict[str, int] = control.calls()["by_endpoint"]
    control.forget_calls()
    return found


def contacts(shop: Counter, email: str) -> list[dict[str, Any]]:
    file = shop.desk.servers.saasu.files[shop.desk.file.file_id]
    return [one for one in file.contacts.values() if one["EmailAddress"] == email]


def copied(shop: Counter) -> None:
    """The file's contacts are copied with the next look-up."""
    session = shop.desk.session
    session.execute(update(SaasuFile).values(copy_contacts_at=1, contact_look_ups=1))
    session.commit()


def test_a_steady_run_costs_three_calls_beside_its_orders_and_the_contacts_it_writes(shop: Counter) -> None:
    copied(shop)
    for number in range(5):
        shop.place(billing=kim(number))
    shop.run()
    shop.forward(hours=1)
    calls(shop)
    for number in range(4):
        shop.place(billing=kim(number))
    shop.place(billing=kim(4, phone="08 5550 0100"))

    assert shop.run().posted == 5

    assert calls(shop) == {
        "POST /Invoice": 5,
        "PUT /Contact/{id}": 1,
        "GET /Contacts": 1,
        "GET /Items": 1,
        "GET /Invoices": 1,
    }
    assert [len(contacts(shop, f"kim{number}@example.com")) for number in range(5)] == [1] * 5


def test_a_person_who_asks_for_a_run_has_the_tax_codes_read_anew(shop: Counter) -> None:
    shop.place()
    shop.run()
    calls(shop)
    shop.place()
    shop.run(RunKind.MANUAL)
    assert calls(shop)["GET /TaxCodes"] == 1
    shop.place()
    shop.run()
    assert "GET /TaxCodes" not in calls(shop)


def test_a_refused_sale_has_the_tax_codes_read_by_the_next_run(shop: Counter) -> None:
    shop.place()
    shop.run()
    calls(shop)
    shop.desk.servers.controls["saasu"].faults.order(
        {
            "match": {"method": "POST", "path": "/Invoice"},
            "fault": "error_before",
            "status": 400,
            "body": '"no"',
        }
    )
    shop.place()
    shop.run()
    assert "GET /TaxCodes" not in calls(shop)
    shop.place()
    shop.run()
    assert calls(shop)["GET /TaxCodes"] == 1


def test_a_customer_with_two_orders_in_a_run_is_written_once(shop: Counter) -> None:
    copied(shop)
    numbers = [shop.place(billing=kim()), shop.place(billing=kim())]

    shop.run()

    assert [shop.state(number)[0] for number in numbers] == ["posted", "posted"]
    assert calls(shop)["POST /Contact"] == 1
    assert len(contacts(shop, "kim0@example.com")) == 1


def test_a_second_change_in_one_run_is_written_into_the_whole_record(shop: Counter) -> None:
    copied(shop)
    shop.place(billing=kim())
    shop.place(billing=kim(phone="08 5550 0100"))

    shop.run()

    (one,) = contacts(shop, "kim0@example.com")
    assert (one["PrimaryPhone"], one["IsActive"]) == ("08 5550 0100", True)


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "error_after"])
def test_a_contact_whose_answer_was_lost_is_there_once(shop: Counter, fault: str) -> None:
    copied(shop)
    shop.desk.servers.controls["saasu"].faults.order(
        {"match": {"method": "POST", "path": "/Contact"}, "fault": fault, "times": 1}
    )
    number = shop.place(billing=kim())

    shop.run()
    first = shop.state(number)[0]
    shop.forward(hours=2)
    shop.run()

    assert (first, shop.state(number)[0]) == ("failed", "posted")
    assert len(contacts(shop, "kim0@example.com")) == 1


def test_a_customer_deleted_in_saasu_is_created_anew_an_hour_later(shop: Counter) -> None:
    copied(shop)
    shop.place(billing=kim())
    shop.run()
    (one,) = contacts(shop, "kim0@example.com")
    address = f"{shop.desk.servers.saasu_url}/_control/files/{shop.desk.file.file_id}"
    for sale in requests.get(f"{address}/invoices", timeout=10).json()["invoices"]:
        requests.delete(f"{address}/invoices/{sale['TransactionId']}", timeout=10).raise_for_status()
    requests.delete(f"{address}/contacts/{one['Id']}", timeout=10).raise_for_status()
    shop.forward(hours=1)
    number = shop.place(billing=kim())

    shop.run()
    refused = shop.state(number)[0]
    shop.forward(hours=2)
    shop.run()

    assert (refused, shop.state(number)[0]) == ("failed", "posted")
    (again,) = contacts(shop, "kim0@example.com")
    assert again["Id"] != one["Id"]
