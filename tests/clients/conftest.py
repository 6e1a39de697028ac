"""The sandbox that the client tests share the making of; each test gets one of its own."""

from collections.abc import Iterator

import pytest

from portal.clients.saasu import Saasu, SaasuSignIn
from sandbox.serve import running
from tests.clients.sandboxes import FILE_ID, PASSWORD, USERNAME, Both, quick, shop_of


@pytest.fixture
def both() -> Iterator[Both]:
    with running("journey") as servers:
        servers.saasu.change_settings({"calls_per_second": None})
        door = SaasuSignIn(quick(), servers.saasu_url)
        tokens = [door.sign_in(USERNAME, PASSWORD)]

        def renew(refused: str) -> str:
            assert refused == tokens[-1].access
            tokens.append(door.refresh(tokens[-1].refresh))
            return tokens[-1].access

        books = Saasu(
            quick(), file_id=FILE_ID, token=lambda: tokens[-1].access, renew=renew, base_url=servers.saasu_url
        )
        made = Both(servers, shop_of(servers, next(iter(servers.bigcommerce.shops))), books, door)
        made.forget_calls()
        yield made
