"""Signing in to Saasu: a password becomes tokens, a refresh token becomes a new access token (SA §1)."""

from dataclasses import dataclass, field

from portal.clients.answers import Answer, masked, sentence
from portal.clients.exact_json import JsonUnreadable, dump, load
from portal.clients.rows import Nonsense, Row
from portal.clients.saasu_payloads import count_rows, read_file, read_rows, seconds_of
from portal.clients.saasu_refusals import saasu_failure
from portal.clients.transport import Transport
from portal.sync.failures import CodeWanted, CredentialsRefused, OutcomeLost, Unreachable
from portal.sync.sale_orders import FileIdentity

SAASU_URL = "https://api.saasu.com"
API_VERSION = "1.0"
PAGE = 100
MOST_FILES = 50
ACCESS_LIFE = 10_800
CODE_WANTED = "2fa_code_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a sign-in gives: the access token's life is in seconds; `file_ids` are those its scope names (SA §1.4, §1.5)."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int = ACCESS_LIFE
    file_ids: tuple[int, ...] = ()


def saasu_headers(token: str = "", *, body: bool = False) -> dict[str, str]:
    """The headers of a call (SA §1.16); a blank token sends none."""
    headers = {"Accept": "application/json", "X-Api-Version": API_VERSION}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body:
        headers["Content-Type"] = "application/json"
    return headers


class SaasuSignIn:
    """The calls that need no file. A lost answer here does no harm, so it is `Unreachable`: the act can be repeated."""

    def __init__(self, transport: Transport, base_url: str = SAASU_URL) -> None:
        self._transport = transport
        self._root = base_url.rstrip("/")

    def sign_in(self, username: str, password: str, code: str | None = None) -> Tokens:
        """Exchange a password, and a code where there is one, for tokens.

        Raises `CodeWanted` after having a code sent, `CredentialsRefused`, or another `RemoteFailure` (SA §1.11).
        """
        body = {"grant_type": "password", "username": username, "password": password, "scope": "full"}
        secrets = (password, code or "")
        if code:
            answer = self._post("token-2fa", body | {"verification_code": code.strip()}, "sign in")
        else:
            answer = self._post("token", body, "sign in")
            if wants_code(answer):
                # Only this address has the code sent to the owner of the login.
                answer = self._post("token-2fa", body, "sign in")
        return self._granted(answer, secrets)

    def refresh(self, refresh_token: str) -> Tokens:
        """A new access token; the old one is dead at once. The refresh token stays where none comes back (SA §1.7)."""
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": ""}
        return self._granted(self._post("refresh", body, "refresh"), (refresh_token,), refresh_token)

    def files(self, access_token: str) -> tuple[FileIdentity, ...]:
        """Every file the login reaches (SA §3.7). Raises `CredentialsRefused` for a dead token, or another `RemoteFailure`."""
        found: dict[int, FileIdentity] = {}
        for page in range(1, MOST_FILES + 1):
            answer = self._transport.send(
                "GET",
                f"{self._root}/FileIdentities",
                purpose="files",
                headers=saasu_headers(access_token),
                query={"PageSize": str(PAGE), "Page": str(page)},
            )
            value = decoded(answer, (access_token,))
            try:
                rows = read_rows(value, "FileIdentities", read_file)
            except Nonsense as fault:
                raise Unreachable(f"Saasu's answer cannot be used: {fault}.", status=answer.status) from None
            fresh = {row.file_id: row for row in rows if row.file_id not in found}
            found |= fresh
            if count_rows(value, "FileIdentities") < PAGE or not fresh:
                break
        return tuple(found.values())

    def _post(self, path: str, body: dict[str, str], purpose: str) -> Answer:
        try:
            return self._transport.send(
                "POST",
                f"{self._root}/authorisation/{path}",
                purpose=purpose,
                headers=saasu_headers(body=True),
                body=dump(body),
            )
        except OutcomeLost as lost:
            raise Unreachable(lost.sentence) from None

    def _granted(self, answer: Answer, secrets: tuple[str, ...], refresh_token: str = "") -> Tokens:
        row = Row.of(decoded(answer, secrets))
        access = row.text("access_token")
        if not access:
            raise Unreachable("Saasu's answer holds no token.", status=answer.status)
        return Tokens(
            access=access,
            refresh=row.text("refresh_token") or refresh_token,
            seconds=seconds_of(row, "expires_in", ACCESS_LIFE),
            file_ids=file_ids(row.text("scope")),
        )


def decoded(answer: Answer, secrets: tuple[str, ...]) -> object:
    """The body of a good answer. Raises `CodeWanted`, `CredentialsRefused` or another `RemoteFailure`."""
    if wants_code(answer):
        raise CodeWanted("Saasu wants a verification code for this login.", status=answer.status)
    refused = answer.status == 401 or (answer.status == 400 and "invalid_grant" in answer.text)
    if refused:
        raise CredentialsRefused(refusal_words(answer, secrets), status=answer.status)
    if not answer.ok or answer.is_html:
        raise saasu_failure(answer, write=False, secrets=secrets)
    try:
        return load(answer.text)
    except JsonUnreadable:
        raise Unreachable("Saasu sent something else instead of data.", status=answer.status) from None


def refusal_words(answer: Answer, secrets: tuple[str, ...]) -> str:
    """A sentence for a person: Saasu's own where it is one, not a bare error name."""
    said = masked(sentence(answer), secrets)
    if "2fa" in said.lower():
        return "Saasu did not take the verification code."
    return said if " " in said else "Saasu did not take this sign-in."


def wants_code(answer: Answer) -> bool:
    """Whether the login is protected by two-factor and no code came along (SA §1.11)."""
    return answer.status in {400, 401} and CODE_WANTED in answer.text


def file_ids(scope: str) -> tuple[int, ...]:
    """The file ids inside a scope such as `full fileid:1 fileid:1234`."""
    named = (word.partition(":")[2] for word in scope.split() if word.lower().startswith("fileid:"))
    return tuple(int(text) for text in named if text.isascii() and text.isdigit() and len(text) < 16)
