"""Building clients: the one place where secrets are opened, to be passed into a client's constructor (ARCHITECTURE law 5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from flask import Flask
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.budget import Pacer, count_call
from portal.clients.answers import Answer, header_number
from portal.clients.bigcommerce import BigCommerce
from portal.clients.saasu import Saasu
from portal.clients.saasu_sign_in import SaasuSignIn, Tokens
from portal.clients.transport import Transport, unheard
from portal.database import changed_rows, present
from portal.ledger import Seal
from portal.models.accounts import Firm
from portal.models.connections import Connection, SaasuFile, SaasuLogin
from portal.services.gates import Gate
from portal.services.login_calls import count_beside
from portal.settings import Settings
from portal.sync.failures import CredentialsRefused
from portal.vault import FirmVault, Vault

BIGCOMMERCE_CALLS_PER_SECOND = Decimal(5)
"""Where the pacer starts, the published 150 in 30 s; the answers tell what this store's plan allows (BC §2)."""
SAASU_PATIENCE, SHOP_PATIENCE = 5, 60
"""Seconds that a call about to leave waits for its turn: an intent must not grow old; a shop whose quota is used up rests for its window."""
RENEW_BEFORE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a use case needs to reach outside: the settings, the vault, the pacer's server and the time.

    `on_call` hears of every call before it is sent, as (remote, purpose); `previewing` counts calls of Saasu as a preview's, whatever
    they ask for; `unpaced` and `silent` are for a replay of days gone by: no wait between calls, no mails.
    """

    settings: Settings
    vault: Vault
    redis: Redis
    now: Callable[[], datetime]
    on_call: Callable[[str, str], None] = lambda *_: None
    previewing: bool = False
    unpaced: bool = False
    silent: bool = False

    @classmethod
    def of(cls, app: Flask, now: Callable[[], datetime] | None = None) -> "Outside":
        """The outside of an app."""
        return cls(
            settings=app.extensions["settings"],
            vault=app.extensions["vault"],
            redis=app.extensions["redis"],
            now=now or present,
        )


def firm_vault(session: Session, vault: Vault, firm_id: str) -> FirmVault:
    """The vault of one firm."""
    firm = session.get_one(Firm, firm_id)
    return vault.for_firm(firm.id, firm.wrapped_data_key, firm.key_id)


def seal_for(keys: FirmVault) -> Seal:
    """How the ledger seals what names somebody in an order."""
    return Seal(seal=keys.seal, open=keys.open)


def transport_for(session: Session, outside: Outside, account: str, gate: Gate | None = None) -> Transport:
    """A transport that paces and counts every call to one account before it is sent; none is sent that its `gate` does not let through (SYNC §9)."""
    remote = account.partition(":")[0]
    rate = outside.settings.saasu_calls_per_second if remote == "saasu" else BIGCOMMERCE_CALLS_PER_SECOND
    # A shop counts calls in a window of many, in which a late arrival is forgiven.
    singly = remote == "saasu"
    pacer = Pacer(
        outside.redis, account, rate, patience=SAASU_PATIENCE if singly else SHOP_PATIENCE, singly=singly
    )

    def pace(purpose: str) -> None:
        if gate is not None:
            gate.ask()
        else:
            session.commit()  # whoever waits for a slot must hold no lock
        if not outside.unpaced:
            pacer.take()
        if gate is not None:
            gate.ask()  # another worker may have been refused while this one waited
            gate.spend(purpose)
        else:
            count_call(session, account, purpose, outside.now())
            session.commit()
        outside.on_call(remote, purpose)

    if outside.unpaced:
        return Transport(pace=pace, heard=unheard if gate is None else gate.hear)
    if gate is not None:
        return Transport(pace=pace, leave=pacer.leave, arrived=pacer.arrived, connects=True, heard=gate.hear)
    return Transport(pace=pace, leave=pacer.leave, connects=True, seen=partial(learn_quota, pacer))


def learn_quota(pacer: Pacer, answer: Answer) -> None:
    """Tell the pacer what an answer says of the store's quota; an answer that does not tell all of it changes nothing (BC §2)."""
    names = ("requests-quota", "requests-left", "time-window-ms", "time-reset-ms")
    quota, left, window, reset = (header_number(answer.headers, f"x-rate-limit-{name}") for name in names)
    if quota and left is not None and window and reset:
        pacer.learn(quota, left, window, reset)


def shop_for(session: Session, outside: Outside, connection: Connection) -> BigCommerce:
    """The shop of a connection. Raises `CredentialsRefused` when no Access Token is set."""
    if connection.access_token is None:
        raise CredentialsRefused("No Access Token is set.")
    keys = firm_vault(session, outside.vault, connection.firm_id)
    token = keys.open(connection.id, "access_token", connection.access_token)
    return new_shop(session, outside, connection.store_hash, token)


def new_shop(session: Session, outside: Outside, store_hash: str, token: str) -> BigCommerce:
    """A shop from credentials that are not saved."""
    transport = transport_for(session, outside, f"bigcommerce:{store_hash}")
    return BigCommerce(
        transport, base_url=outside.settings.bigcommerce_api_url, store_hash=store_hash, access_token=token
    )


def books_for(session: Session, outside: Outside, file: SaasuFile) -> Saasu:
    """The books of a file, with the login's shared access token."""
    login = file.login
    account = f"saasu:{file.file_id}"
    transport = transport_for(
        session, outside, account, Gate(session, file, outside.now, previewing=outside.previewing)
    )
    shared = SharedTokens(session, outside, login, transport)
    return Saasu(
        transport,
        base_url=outside.settings.saasu_api_url,
        file_id=file.file_id,
        token=shared.current,
        renew=shared.renew,
        now=outside.now,
    )


class SharedTokens:
    """One login's access token, shared through the database: a refresh kills the old token at once (SA §1.7)."""

    def __init__(self, session: Session, outside: Outside, login: SaasuLogin, transport: Transport) -> None:
        self._session = session
        self._outside = outside
        self._login_id = login.id
        self._keys = firm_vault(session, outside.vault, login.firm_id)
        self._sign_in = SaasuSignIn(transport, outside.settings.saasu_api_url)

    def current(self) -> str:
        """The access token as the database has it, renewed shortly before it dies."""
        login, keys = self._read(), self._keys
        token = keys.open(login.id, "access_token", login.access_token)
        expired = login.access_expires_at <= self._outside.now() + RENEW_BEFORE
        self._session.commit()
        return self.renew(token) if expired else token

    def renew(self, refused: str) -> str:
        """A token that works in place of a refused one: the one another worker fetched, or a new one."""
        login, keys = self._read(), self._keys
        token = keys.open(login.id, "access_token", login.access_token)
        refresh = keys.open(login.id, "refresh_token", login.refresh_token)
        version = login.token_version
        self._session.commit()
        if token != refused:
            return token
        tokens = self._sign_in.refresh(refresh)
        count_beside(self._session, self._login_id, tokens.file_ids, self._outside.now())
        keep_tokens(self._session, keys, self._login_id, version, tokens, self._outside.now())
        return tokens.access

    def _read(self) -> SaasuLogin:
        return self._session.get_one(SaasuLogin, self._login_id, populate_existing=True)


def keep_tokens(
    session: Session, keys: FirmVault, login_id: str, version: int, tokens: Tokens, now: datetime
) -> bool:
    """Write new tokens unless another worker wrote newer ones meanwhile. Commits; says whether it wrote."""
    values: dict[str, object] = {
        "access_token": keys.seal(login_id, "access_token", tokens.access),
        "access_expires_at": now + timedelta(seconds=tokens.seconds),
        "token_version": version + 1,
    }
    if tokens.refresh:
        values["refresh_token"] = keys.seal(login_id, "refresh_token", tokens.refresh)
    changed = session.execute(
        update(SaasuLogin)
        .where(SaasuLogin.id == login_id, SaasuLogin.token_version == version)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return changed_rows(changed) == 1
