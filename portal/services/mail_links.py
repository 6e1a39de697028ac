"""The two links that act without a sign-in: one confirms an address, one stops its mails (SYNC §10).

The token of a question is random and only its digest is kept. The token that stops is worked out from the firm's key, so that every
mail can carry it and no row has to hold it.
"""

import base64
import hashlib
import hmac
import secrets

from portal.settings import Settings
from portal.vault import FirmVault

TOKEN_BYTES = 16


def new_token() -> str:
    """A token of 128 bits: 22 characters, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(token: str, digest: str) -> bool:
    """Whether a token is the one that was kept; never for a blank digest."""
    return bool(digest) and hmac.compare_digest(digest_of(token), digest)


def confirm_url(settings: Settings, address_id: str, token: str) -> str:
    """Where a person confirms that an address wants mails."""
    return f"{settings.base_url}/mail-addresses/{address_id}/confirm/{token}"


def stop_token(keys: FirmVault, address_id: str) -> str:
    """The token that stops the mails to an address: 22 characters, always the same."""
    digest = bytes.fromhex(keys.digest(f"stop {address_id}"))
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def is_stop_token(keys: FirmVault, address_id: str, token: str) -> bool:
    """Whether a token stops the mails to an address."""
    return hmac.compare_digest(token.encode(), stop_token(keys, address_id).encode())


def stop_url(settings: Settings, keys: FirmVault, address_id: str) -> str:
    """Where the reader of an address ends its mails."""
    return f"{settings.base_url}/mail-addresses/{address_id}/stop/{stop_token(keys, address_id)}"
