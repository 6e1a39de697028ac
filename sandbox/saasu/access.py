"""Who may ask: tokens, refreshes, two-factor codes and the FileId rules (FACTS §1)."""

import hmac
import secrets
from typing import Any

from sandbox.saasu.filters import Query
from sandbox.saasu.state import ACCESS_LIFE, REFRESH_LIFE, File, Grant, Login, State
from sandbox.saasu.wire import Record, Refusal


def refused(state: State) -> Refusal:
    """The 401 of a resource call: without a body unless a switch says otherwise (FACTS §4)."""
    return Refusal(401, "Authorization has been denied for this request.", state.settings.unauthorised_shape)


def sign_in(state: State, body: Any, with_code: bool) -> tuple[Login, Record]:
    """The password grant (FACTS §1.3, §1.11). Raises `Refusal` (401) with the grant's error object."""
    if not isinstance(body, dict) or body.get("grant_type") != "password":
        raise Refusal(401, "unsupported_grant_type", "grant")
    login = state.logins.get(str(body.get("username") or "").casefold())
    given = str(body.get("password") or "")
    if login is None or not hmac.compare_digest(login.password.encode(), given.encode()):
        raise Refusal(401, "invalid_grant", "grant")
    if login.code is not None and not (with_code and body.get("verification_code")):
        raise Refusal(401, "2fa_code_required", "grant")
    if login.code is not None and str(body["verification_code"]) != login.code:
        raise Refusal(401, "invalid_2fa_code", "grant")
    moment = state.now()
    grant = Grant(
        login.username,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        moment + ACCESS_LIFE,
        moment + REFRESH_LIFE,
    )
    keep(state, grant)
    return login, _answer(login, grant)


def renew(state: State, body: Any) -> tuple[Login, Record]:
    """The refresh grant: the old access token is dead at once, the refresh token stays (FACTS §1.6, §1.7)."""
    if not isinstance(body, dict) or body.get("grant_type") != "refresh_token":
        raise Refusal(401, "unsupported_grant_type", "grant")
    grant = state.grants.get(str(body.get("refresh_token") or ""))
    login = state.logins.get(grant.username.casefold()) if grant else None
    if grant is None or login is None or grant.refresh_until <= state.now():
        raise Refusal(401, "invalid_grant", "grant")
    if state.settings.new_refresh_token:
        del state.grants[grant.refresh]
        state.shelf.remove("saasu_grants", grant.refresh)
        grant.refresh = secrets.token_urlsafe(24)
    grant.access = secrets.token_urlsafe(24)
    grant.expires_at = state.now() + ACCESS_LIFE
    keep(state, grant)
    return login, _answer(login, grant)


def keep(state: State, grant: Grant) -> None:
    """Remember a grant."""
    state.grants[grant.refresh] = grant
    kept = {
        "username": grant.username,
        "refresh": grant.refresh,
        "access": grant.access,
        "expires_at": grant.expires_at.isoformat(),
        "refresh_until": grant.refresh_until.isoformat(),
    }
    state.shelf.put("saasu_grants", grant.refresh, kept)


def caller(state: State, authorization: str) -> Login:
    """The login of a bearer token. Raises `Refusal` (401) for a missing, old, replaced or refresh token."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refused(state)
    for grant in state.grants.values():
        if grant.access == token.strip():
            login = state.logins.get(grant.username.casefold())
            if login is not None and grant.expires_at > state.now():
                return login
    raise refused(state)


def file_of(state: State, login: Login, query: Query) -> File:
    """The file a call names. Raises `Refusal` (401) when FileId is absent, 0 or not reachable (FACTS §1.14)."""
    text = query.text("FileId")
    if not text.isdecimal() or int(text) not in login.files or int(text) not in state.files:
        raise refused(state)
    return state.files[int(text)]


def end_tokens(state: State, username: str | None = None) -> int:
    """Let access tokens expire at once, of one login or of all; refresh tokens live on. Returns how many."""
    ended = 0
    for grant in state.grants.values():
        if username is None or grant.username.casefold() == username.casefold():
            grant.expires_at = state.now()
            ended += 1
            keep(state, grant)
    return ended


def _answer(login: Login, grant: Grant) -> Record:
    scope = " ".join(["full", *(f"fileid:{file_id}" for file_id in login.files)])
    return {
        "access_token": grant.access,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_token": grant.refresh,
        "scope": scope,
    }
