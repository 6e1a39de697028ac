"""The key ring and the database it belongs to: whether it opens what is sealed there, and its rotation (ASVS 11.2.2)."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.accounts import Firm
from portal.vault import Vault


def rotate_keys(session: Session, vault: Vault) -> int:
    """Re-wrap the data keys that an older key wraps; no credential is touched. One commit a firm, so that it may be interrupted and run again.

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


def try_ring(session: Session, vault: Vault) -> None:
    """Open every firm's data key, which opens all else of that firm. Raises `VaultError` where the ring is another database's."""
    for firm_id, wrapped, key_id in session.execute(select(Firm.id, Firm.wrapped_data_key, Firm.key_id)):
        vault.for_firm(firm_id, wrapped, key_id)
