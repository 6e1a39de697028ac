"""Rotating the key ring: every firm's data key is wrapped anew by the newest key; no credential is touched (ASVS 11.2.2)."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.vault import Vault


def rotate_keys(session: Session, vault: Vault) -> int:
    """Re-wrap the data keys that an older key wraps, one commit a firm, so that it may be interrupted and run again.

    Returns how many were re-wrapped. Raises `VaultError` when a key is no longer on the ring.
    """
    waiting = session.execute(
        select(Firm.id, Firm.wrapped_data_key, Firm.key_id).where(Firm.key_id != vault.newest)
    ).all()
    session.rollback()
    for firm_id, wrapped, key_id in waiting:
        anew, name = vault.rewrap(firm_id, wrapped, key_id)
        session.execute(
            update(Firm)
            .where(Firm.id == firm_id, Firm.key_id == key_id)
            .values(wrapped_data_key=anew, key_id=name)
            .execution_options(synchronize_session=False)
        )
        session.commit()
    return len(waiting)
