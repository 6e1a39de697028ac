"""A sealed value opens with its own key, firm, record and field, and with nothing else."""

import json
import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.vault import FirmVault, Vault, VaultError, bound_to

K1, K2, K3 = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
SECRET = "lilly-pilly-0042"
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def firm_vault(firm_id: str = "firm-a") -> FirmVault:
    vault = Vault({"k1": K1})
    return vault.for_firm(firm_id, *vault.new_data_key(firm_id))


@given(text=ANYTHING, record=ANYTHING, field=ANYTHING)
def test_what_is_sealed_opens_again(text: str, record: str, field: str) -> None:
    keys = firm_vault()

    assert keys.open(record, field, keys.seal(record, field, text)) == text


def test_a_value_does_not_open_for_another_firm_record_or_field() -> None:
    key = K2
    places = list(product(("firm-a", "firm-b"), ("rec-1", "rec-2"), ("access_token", "client_secret")))
    for home in places:
        sealed = FirmVault(home[0], key).seal(home[1], home[2], SECRET)
        opened = []
        for firm, record, field in places:
            try:
                opened.append((FirmVault(firm, key).open(record, field, sealed), (firm, record, field)))
            except VaultError:
                continue
        assert opened == [(SECRET, home)]


@given(one=st.lists(ANYTHING, max_size=4), other=st.lists(ANYTHING, max_size=4))
def test_no_two_lists_of_parts_look_alike(one: list[str], other: list[str]) -> None:
    assert (bound_to(*one) == bound_to(*other)) == (one == other)


def test_parts_that_only_join_alike_are_told_apart() -> None:
    keys = firm_vault()
    sealed = keys.seal("ab", "c", SECRET)

    with pytest.raises(VaultError):
        keys.open("a", "bc", sealed)


def test_every_flipped_bit_is_refused() -> None:
    keys = firm_vault()
    sealed = keys.seal("rec-1", "access_token", SECRET)

    for bit in range(len(sealed) * 8):
        broken = bytearray(sealed)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            keys.open("rec-1", "access_token", bytes(broken))


def test_every_cut_value_is_refused() -> None:
    keys = firm_vault()
    sealed = keys.seal("rec-1", "access_token", SECRET)

    for length in range(len(sealed)):
        with pytest.raises(VaultError):
            keys.open("rec-1", "access_token", sealed[:length])


def test_every_flipped_bit_of_a_wrapped_key_is_refused() -> None:
    vault = Vault({"k1": K1})
    wrapped, key_id = vault.new_data_key("firm-a")

    for bit in range(len(wrapped) * 8):
        broken = bytearray(wrapped)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            vault.for_firm("firm-a", bytes(broken), key_id)


def test_a_firms_key_does_not_open_for_another_firm() -> None:
    vault = Vault({"k1": K1})
    wrapped, key_id = vault.new_data_key("firm-a")

    with pytest.raises(VaultError):
        vault.for_firm("firm-b", wrapped, key_id)


def test_the_same_text_is_never_sealed_alike_twice() -> None:
    keys = firm_vault()

    assert len({keys.seal("rec-1", "access_token", SECRET) for _ in range(200)}) == 200


def test_each_firm_has_a_key_of_its_own() -> None:
    vault = Vault({"k1": K1})
    first = vault.for_firm("firm-a", *vault.new_data_key("firm-a"))
    second = vault.for_firm("firm-a", *vault.new_data_key("firm-a"))

    with pytest.raises(VaultError):
        second.open("rec-1", "access_token", first.seal("rec-1", "access_token", SECRET))


def test_a_key_re_wrapped_by_the_newest_still_opens_the_old_values() -> None:
    wrapped, name = Vault({"k1": K1}).new_data_key("firm-a")
    sealed = Vault({"k1": K1}).for_firm("firm-a", wrapped, name).seal("rec-1", "access_token", SECRET)

    for ring in ({"k2": K2, "k1": K1}, {"k3": K3, "k2": K2}):
        wrapped, name = Vault(ring).rewrap("firm-a", wrapped, name)

    assert name == "k3"
    assert Vault({"k3": K3}).for_firm("firm-a", wrapped, name).open("rec-1", "access_token", sealed) == SECRET


def test_a_key_that_left_the_ring_is_named_and_nothing_opens() -> None:
    wrapped, name = Vault({"k1": K1}).new_data_key("firm-a")

    with pytest.raises(VaultError, match="the key named k1 is not on the key ring"):
        Vault({"k2": K2}).for_firm("firm-a", wrapped, name)
    with pytest.raises(VaultError):
        Vault({"k1": K2}).for_firm("firm-a", wrapped, name)


def test_a_vault_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Vault({})


def test_digests_find_equal_texts_within_one_firm_only() -> None:
    keys, stranger = firm_vault(), firm_vault()

    assert keys.digest(" Quandong@Example.com ") == keys.digest("quandong@example.com")
    assert keys.digest("quandong@example.com") != keys.digest("riberry@example.com")
    assert keys.digest("quandong@example.com") != stranger.digest("quandong@example.com")


def test_no_vault_shows_or_writes_its_keys() -> None:
    vault, keys = Vault({"k1": K1}), FirmVault("firm-a", K1)

    assert repr(vault) == "Vault(k1)"
    assert repr(keys) == "FirmVault('firm-a', ••••)"
    for held in (vault, keys):
        with pytest.raises(TypeError):
            pickle.dumps(held)
        with pytest.raises(TypeError):
            json.dumps(held)


def test_a_refusal_holds_no_part_of_what_was_refused() -> None:
    keys = firm_vault()
    sealed = keys.seal("rec-1", "access_token", SECRET)

    with pytest.raises(VaultError) as caught:
        keys.open("rec-2", "access_token", sealed)

    for secret in (SECRET, repr(sealed), sealed.hex()):
        assert secret not in str(caught.value)
