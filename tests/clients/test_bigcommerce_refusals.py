"""What the shop's refusals mean, what the connection test says, and how the shop's quota is kept."""

import pytest
import responses

from portal.clients.bigcommerce import BigCommerce, StoreFound, shop_code
from portal.clients.exact_json import dump
from portal.clients.transport import Transport
from portal.sync.failures import (
    CredentialsRefused,
    Denied,
    Refused,
    RemoteFailure,
    StoreClosed,
    Throttled,
    Unreachable,
)
from portal.sync.orders import OrderPage
from tests.clients.wire import (
    SHOP,
    SINCE,
    STORE,
    TOKEN,
    UNTIL,
    Noted,
    asked,
    examples,
    order_row,
    shop,
)

ORDERS = f"{STORE}/orders"


def changed(noted: Noted | None = None, after_id: int = 0) -> OrderPage:
    return shop(noted).changed(since=SINCE, until=UNTIL, after_id=after_id)


REFUSALS: list[tuple[int, str, type[RemoteFailure]]] = [
    (401, "spec26__error_v3_401.json", CredentialsRefused),
    (403, "spec26__error_v3_403.json", Denied),
    (404, "spec26__error_404.json", Denied),
    (503, "issue__error_503_suspended_store.json", StoreClosed),
    (503, "spec26__error_v3_503.json", Unreachable),
    (422, "spec26__error_v3_422.json", Refused),
]


@responses.activate
@pytest.mark.parametrize(("status", "name", "kind"), REFUSALS)
def test_each_refusal_of_the_contract_means_what_it_says(
    status: int, name: str, kind: type[RemoteFailure]
) -> None:
    responses.get(ORDERS, status=status, body=(examples("bigcommerce") / name).read_text())
    with pytest.raises(kind) as caught:
        changed()
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.sentence


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, '{"error": "Your scope does not include this."}', Denied),
        (429, "", Throttled),
        (500, "<html><title>Oops</title></html>", Unreachable),
        (502, "", Unreachable),
        (302, "", Unreachable),
        (200, "<html>maintenance</html>", Unreachable),
        (200, '{"id": 1}', Unreachable),
        (200, '[{"id": 1', Unreachable),
        (503, "<html><title>Down for maintenance</title></html>", StoreClosed),
    ],
)
def test_other_answers_are_told_apart(status: int, body: str, kind: type[RemoteFailure]) -> None:
    responses.get(ORDERS, status=status, body=body)
    with pytest.raises(kind) as caught:
        changed()
    assert type(caught.value) is kind


@responses.activate
def test_a_suspended_store_is_not_asked_again() -> None:
    responses.get(ORDERS, status=503, body='{"title": "The store is suspended."}')
    noted = Noted()
    with pytest.raises(StoreClosed):
        changed(noted)
    assert (len(responses.calls), noted.sleeps) == (1, [])


@responses.activate
def test_a_429_waits_for_the_time_it_names() -> None:
    responses.get(ORDERS, status=429, headers={"X-Rate-Limit-Time-Reset-Ms": "21734"})
    responses.get(ORDERS, status=204)
    noted = Noted()
    assert changed(noted).orders == ()
    assert noted.sleeps == [21_741]


@responses.activate
def test_a_429_that_lasts_says_how_long() -> None:
    responses.get(ORDERS, status=429, headers={"X-Retry-After": "120"})
    with pytest.raises(Throttled) as caught:
        changed()
    assert caught.value.retry_after == 120


@responses.activate
def test_the_next_call_waits_when_few_calls_are_left() -> None:
    low = {"X-Rate-Limit-Requests-Left": "5", "X-Rate-Limit-Time-Reset-Ms": "900000"}
    responses.get(ORDERS, status=204, headers=low)
    responses.get(ORDERS, status=204, headers=low | {"X-Rate-Limit-Requests-Left": "6"})
    noted = Noted()
    client = shop(noted)
    for _ in range(3):
        client.changed(since=SINCE, until=UNTIL, after_id=0)
    assert noted.sleeps == [30_000]


@responses.activate
def test_the_token_is_in_no_failure_and_in_no_repr() -> None:
    responses.get(ORDERS, status=401, body=f'{{"title": "{TOKEN} is bad"}}')
    with pytest.raises(CredentialsRefused) as caught:
        changed()
    assert TOKEN not in caught.value.sentence
    assert TOKEN not in repr(shop())


@responses.activate
def test_the_connection_test_tells_what_the_store_is() -> None:
    responses.get(ORDERS, status=204)
    responses.get(f"{STORE}/store", body=(examples("bigcommerce") / "spec26__store.json").read_text())
    found = shop().test_connection()
    assert (found.name, found.currency, found.zone_name) == ("BigCommerce", "USD", "America/Chicago")
    assert found.price_entered_with_tax is False
    assert found.emails == ("info@janedoes.mybigcommerce.com", "jane.does@example.com")
    assert "USD" in found.notes[0]
    assert asked(0) == {"limit": ["1"]}


@responses.activate
def test_the_connection_test_bears_a_token_without_the_settings_scope() -> None:
    responses.get(ORDERS, body=dump([order_row()]))
    responses.get(f"{STORE}/store", status=403, body="{}")
    found = shop().test_connection()
    assert found == StoreFound(notes=found.notes)
    assert "Information & settings" in found.notes[0]


@responses.activate
@pytest.mark.parametrize(("status", "words"), [(200, "Orders: read-only"), (404, "Shop Code")])
def test_the_connection_test_tells_a_missing_scope_from_a_wrong_shop_code(status: int, words: str) -> None:
    responses.get(ORDERS, status=403, body="{}")
    responses.get(f"{STORE}/time", status=status, body='{"time": 1529512970}')
    with pytest.raises(Denied, match=words):
        shop().test_connection()


@responses.activate
def test_the_connection_test_says_when_the_token_is_refused() -> None:
    responses.get(ORDERS, status=401, body="{}")
    with pytest.raises(CredentialsRefused):
        shop().test_connection()


@responses.activate
def test_odd_store_settings_are_left_out() -> None:
    responses.get(ORDERS, status=204)
    responses.get(
        f"{STORE}/store", body='{"name": "Gum", "currency": "AUD", "timezone": {"name": "Down Under"}}'
    )
    assert shop().test_connection() == StoreFound(name="Gum", currency="AUD")


@pytest.mark.parametrize(
    "text",
    [
        "abc123",
        " ABC123 ",
        "https://api.bigcommerce.com/stores/abc123/v3/",
        "https://api.bigcommerce.com/stores/abc123/v2",
        "/stores/abc123",
        "stores/abc123/",
        "https://store-abc123.mybigcommerce.com/manage",
    ],
)
def test_a_shop_code_is_found_in_what_a_person_pastes(text: str) -> None:
    assert shop_code(text) == "abc123"


@pytest.mark.parametrize("text", ["", "my shop", "https://shop.example.com", "a" * 33, "abc/../x", "käse"])
def test_a_shop_code_must_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="API Path"):
        shop_code(text)
    with pytest.raises(ValueError, match="store hash"):
        BigCommerce(Transport(), store_hash=text, access_token="x", base_url=SHOP)
