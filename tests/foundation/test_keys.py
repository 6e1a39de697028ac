"""Rotating the key ring wraps every firm's key anew, touches no credential, and may be interrupted (ASSURANCE A2, secrets)."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.models.connections import Connection
from portal.services.keys import rotate_keys
from portal.vault import Vault, VaultError
from tests.factories import RING, make_connection, make_file, make_firm

K1 = RING["test"]
K2, K3 = bytes(range(32, 64)), bytes(range(64, 96))
FIRST = Vault({"test": K1})
SECOND = Vault({"k2": K2, "test": K1})
THIRD = Vault({"k3": K3, "k2": K2})


def opened(session: Session, vault: Vault) -> list[str]:
    """Every Access Token there is, opened by this ring."""
    found = session.execute(select(Connection, Firm).join(Firm, Firm.id == Connection.firm_id)).all()
    tokens = [
        vault.for_firm(firm.id, firm.wrapped_data_key, firm.key_id).open(
            connection.id, "access_token", connection.access_token or b""
        )
        for connection, firm in found
    ]
    session.rollback()
    return sorted(tokens)


@pytest.fixture
def tokens(session: Session) -> list[str]:
    """Three firms with a sealed Access Token each, wrapped by the first key."""
    tokens = ["token-0", "token-1", "token-2"]
    for token in tokens:
        firm = make_firm(session)
        connection = make_connection(session, make_file(session, firm))
        keys = FIRST.for_firm(firm.id, firm.wrapped_data_key, firm.key_id)
        connection.access_token = keys.seal(connection.id, "access_token", token)
        session.commit()
    return tokens


def key_names(session: Session) -> list[str]:
    found = list(session.scalars(select(Firm.key_id)))
    session.rollback()
    return found


def test_after_each_rotation_every_credential_opens_and_the_oldest_key_may_go(
    session: Session, tokens: list[str]
) -> None:
    sealed = set(session.scalars(select(Connection.access_token)))

    assert rotate_keys(session, SECOND) == 3
    assert key_names(session) == ["k2", "k2", "k2"]
    assert opened(session, Vault({"k2": K2})) == tokens

    assert rotate_keys(session, THIRD) == 3
    assert opened(session, Vault({"k3": K3})) == tokens
    assert set(session.scalars(select(Connection.access_token))) == sealed


def test_a_second_rotation_finds_nothing_to_do(session: Session, tokens: list[str]) -> None:
    rotate_keys(session, SECOND)

    assert rotate_keys(session, SECOND) == 0


def test_an_interrupted_rotation_leaves_all_readable_and_goes_on_where_it_stood(
    session: Session, tokens: list[str]
) -> None:
    commits: list[int] = []

    def pull_the_plug(_session: Session) -> None:
        commits.append(1)
        if len(commits) == 2:
            raise KeyboardInterrupt

    event.listen(session, "before_commit", pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys(session, SECOND)
    event.remove(session, "before_commit", pull_the_plug)
    session.rollback()

    assert sorted(key_names(session)) == ["k2", "test", "test"]
    assert opened(session, SECOND) == tokens
    assert rotate_keys(session, SECOND) == 2
    assert opened(session, SECOND) == tokens


def test_when_a_key_left_the_ring_too_early_nothing_is_changed(session: Session, tokens: list[str]) -> None:
    with pytest.raises(VaultError, match="the key named test is not on the key ring"):
        rotate_keys(session, THIRD)
    session.rollback()

    assert key_names(session) == ["test", "test", "test"]
    assert opened(session, FIRST) == tokens
