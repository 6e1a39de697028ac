"""Adding Saasu files: sign in to Saasu once, keep the tokens sealed, choose among the files that login reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clients.saasu_sign_in import SaasuSignIn
from portal.clients.transport import Transport
from portal.models.connections import SaasuFile, SaasuLogin
from portal.services.login_calls import LoginCalls
from portal.services.remotes import Outside, SharedTokens, firm_vault
from portal.sync.sale_orders import FileIdentity

AUSTRALIAN_ZONES = (
    "Australia/Sydney",
    "Australia/Melbourne",
    "Australia/Brisbane",
    "Australia/Adelaide",
    "Australia/Hobart",
    "Australia/Perth",
    "Australia/Darwin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One file a login reaches: whether it can be added, and if not why."""

    identity: FileIdentity
    added: bool
    usable: bool


def sign_in_to_saasu(
    session: Session, outside: Outside, firm_id: str, username: str, password: str, code: str = ""
) -> SaasuLogin:
    """Exchange a password for tokens and keep those, sealed; the password is forgotten. Commits.

    Raises `CodeWanted` when Saasu wants a two-factor code, `CredentialsRefused`, or another `RemoteFailure`.
    """
    mine = (SaasuLogin.firm_id == firm_id, SaasuLogin.username == username)
    known = session.scalar(select(SaasuLogin.id).where(*mine))
    calls = LoginCalls(session, known, outside.now, with_code=bool(code))
    sign_in = SaasuSignIn(Transport(pace=calls.pace), outside.settings.saasu_api_url)
    tokens = sign_in.sign_in(username, password, code or None)
    keys = firm_vault(session, outside.vault, firm_id)
    login = session.scalar(select(SaasuLogin).where(*mine))
    now = outside.now()
    if login is None:
        login = SaasuLogin(
            firm_id=firm_id,
            username=username,
            refresh_token=b"",
            access_token=b"",
            access_expires_at=now,
            signed_in_at=now,
            token_version=0,
        )
        session.add(login)
        session.flush()
    login.refresh_token = keys.seal(login.id, "refresh_token", tokens.refresh)
    login.access_token = keys.seal(login.id, "access_token", tokens.access)
    login.access_expires_at = now + timedelta(seconds=tokens.seconds)
    login.token_version += 1
    login.signed_in_at = now
    calls.reached(tokens.file_ids)
    session.commit()
    return login


def login_of(session: Session, firm_id: str, login_id: str) -> SaasuLogin | None:
    """A firm's login, or `None`."""
    return session.scalar(select(SaasuLogin).where(SaasuLogin.firm_id == firm_id, SaasuLogin.id == login_id))


def choices(session: Session, outside: Outside, login: SaasuLogin) -> list[Choice]:
    """The files a login reaches, by name. Raises a `RemoteFailure`."""
    calls = LoginCalls(session, login.id, outside.now)
    transport = Transport(pace=calls.pace)
    shared = SharedTokens(session, outside, login, transport)
    found = SaasuSignIn(transport, outside.settings.saasu_api_url).files(shared.current())
    calls.reached(one.file_id for one in found)
    session.commit()
    added = set(session.scalars(select(SaasuFile.file_id).where(SaasuFile.firm_id == login.firm_id)))
    rows = [
        Choice(identity=one, added=one.file_id in added, usable=one.currency.upper() == "AUD")
        for one in found
    ]
    return sorted(rows, key=lambda row: row.identity.name.casefold())


def add_files(
    session: Session, outside: Outside, login: SaasuLogin, chosen: Sequence[FileIdentity], time_zone: str
) -> list[SaasuFile]:
    """Register the chosen files, each once; those already there take this login. Commits.

    Raises `ValueError` for an unknown time zone.
    """
    if time_zone not in available_timezones():
        raise ValueError("Choose a time zone from the list.")
    known = {
        file.file_id: file
        for file in session.scalars(select(SaasuFile).where(SaasuFile.firm_id == login.firm_id))
    }
    files = []
    for identity in chosen:
        file = known.get(identity.file_id) or SaasuFile(
            firm_id=login.firm_id, file_id=identity.file_id, created_at=outside.now(), time_zone=time_zone
        )
        file.login_id = login.id
        file.name = identity.name[:200]
        file.currency = identity.currency[:3].upper()
        file.subscription = identity.subscription[:100]
        file.tax_registered = identity.tax_registered
        session.add(file)
        files.append(file)
    session.commit()
    return files
