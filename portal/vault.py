"""The vault: each secret sealed with AES-256-GCM under its firm's data key, which is wrapped by the key ring (ASVS 11.3, 13.3.1).

The additional data binds every sealed value to its firm, record and field, so that a value moved elsewhere does not open.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
VERSION = b"1"


class VaultError(Exception):
    """A sealed value does not open here; the message never holds any part of it."""


def bound_to(*parts: str) -> bytes:
    """Additional data: every part with its length before it, so that no two lists of parts look alike."""
    encoded = [VERSION, *(part.encode() for part in parts)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal_with(key: bytes, text: bytes, additional: bytes) -> bytes:
    """Seal under a random nonce, which leads the result."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, additional)


def open_with(key: bytes, sealed: bytes, additional: bytes) -> bytes:
    """Open what `seal_with` made. Raises `VaultError`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], additional)
    except (InvalidTag, ValueError) as error:
        raise VaultError("a sealed value does not open with this key, firm, record and field") from error


class FirmVault:
    """Seals and opens one firm's values."""

    def __init__(self, firm_id: str, key: bytes) -> None:
        self._firm_id = firm_id
        self._key = key

    def __repr__(self) -> str:
        return f"FirmVault({self._firm_id!r}, ••••)"

    def __reduce__(self) -> str:
        raise TypeError("a vault is not written anywhere")

    def seal(self, record: str, field: str, text: str) -> bytes:
        """Seal a text for one field of one record."""
        return seal_with(self._key, text.encode(), bound_to(self._firm_id, record, field))

    def open(self, record: str, field: str, sealed: bytes) -> str:
        """Open a text sealed for that field of that record. Raises `VaultError`."""
        return open_with(self._key, sealed, bound_to(self._firm_id, record, field)).decode()

    def digest(self, text: str) -> str:
        """A keyed digest by which equal texts are found without being readable; case and outer blanks do not count."""
        key = hashlib.sha256(b"digest" + self._key).digest()
        return hmac.new(key, text.strip().casefold().encode(), hashlib.sha256).hexdigest()


class Vault:
    """The key ring, newest key first: makes, wraps and unwraps the firms' data keys."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        if not ring:
            raise ValueError("the key ring is empty")
        self._ring = dict(ring)
        self.newest = next(iter(self._ring))

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._ring)})"

    def __reduce__(self) -> str:
        raise TypeError("a vault is not written anywhere")

    def new_data_key(self, firm_id: str) -> tuple[bytes, str]:
        """A new data key for a firm, wrapped by the newest key, and that key's name."""
        return self._wrap(firm_id, os.urandom(32)), self.newest

    def for_firm(self, firm_id: str, wrapped: bytes, key_id: str) -> FirmVault:
        """The vault of one firm. Raises `VaultError` when its key is not on the ring."""
        return FirmVault(firm_id, self._unwrap(firm_id, wrapped, key_id))

    def rewrap(self, firm_id: str, wrapped: bytes, key_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the newest key of the ring, and that key's name."""
        return self._wrap(firm_id, self._unwrap(firm_id, wrapped, key_id)), self.newest

    def _wrap(self, firm_id: str, key: bytes) -> bytes:
        return seal_with(self._ring[self.newest], key, bound_to(firm_id, "firm", self.newest))

    def _unwrap(self, firm_id: str, wrapped: bytes, key_id: str) -> bytes:
        ring_key = self._ring.get(key_id)
        if ring_key is None:
            raise VaultError(f"the key named {key_id} is not on the key ring")
        return open_with(ring_key, wrapped, bound_to(firm_id, "firm", key_id))
