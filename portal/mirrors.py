"""Copies of a file's items and tax codes, kept fresh with the LastModified pair so that an order costs no look-up (SYNC §9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.models.connections import SaasuFile
from portal.models.mirrors import MirroredItem, MirroredTaxCode
from portal.sync.ports import CatalogueToRead
from portal.sync.rules import Catalogue, Item, TaxCode

OVERLAP = timedelta(minutes=5)


def catalogue(session: Session, file_pk: str) -> Catalogue:
    """The file's items and tax codes as last read."""
    items = kept_items(session, file_pk)
    codes = session.scalars(
        select(MirroredTaxCode).where(MirroredTaxCode.file_pk == file_pk).order_by(MirroredTaxCode.code)
    )
    return Catalogue(items=tuple(map(item_of, items)), tax_codes=tuple(map(tax_code_of, codes)))


def kept_items(session: Session, file_pk: str) -> Sequence[MirroredItem]:
    """The copies of a file's items, by id."""
    found = select(MirroredItem).where(MirroredItem.file_pk == file_pk).order_by(MirroredItem.item_id)
    return session.scalars(found).all()


def read_catalogue(
    books: CatalogueToRead, read_to: datetime | None, *, tax_codes_too: bool = True
) -> tuple[tuple[Item, ...], tuple[TaxCode, ...]]:
    """The items changed in Saasu since `read_to`, all of them when nothing was read yet; and the tax codes.

    The tax codes are left out where they are known well enough and no item changed: the codes of changed items are read with them.
    """
    items = books.items() if read_to is None else books.items(modified_since=read_to - OVERLAP)
    return items, books.tax_codes() if tax_codes_too or items or read_to is None else ()


def write_catalogue(
    session: Session, file: SaasuFile, items: Sequence[Item], tax_codes: Sequence[TaxCode], read_to: datetime
) -> None:
    """Bring the copies up to date. The caller commits.

    A run, a preview and a page may do so at once: the file's row is taken first, so that one waits for the other.
    """
    session.execute(
        update(SaasuFile)
        .where(SaasuFile.id == file.id)
        .values(items_read_to=read_to)
        .execution_options(synchronize_session=False)
    )
    known = {row.item_id: row for row in kept_items(session, file.id)} if items else {}
    for item in items:
        row = known.setdefault(item.id, MirroredItem(file_pk=file.id, item_id=item.id))
        row.code = item.code[:500]
        row.name = item.name[:500]
        row.tax_code = item.tax_code[:50] if item.tax_code else None
        row.is_active = item.is_active
        row.is_sold = item.is_sold
        row.is_combo = item.is_combo
        row.parts = list(item.parts)
        session.add(row)
    if tax_codes:
        file.tax_codes_read_at = read_to
        session.execute(delete(MirroredTaxCode).where(MirroredTaxCode.file_pk == file.id))
        for code in tax_codes:
            session.add(
                MirroredTaxCode(
                    file_pk=file.id,
                    code=code.code[:50],
                    rate=code.rate,
                    is_active=code.is_active,
                    is_sale=code.is_sale,
                )
            )
    file.items_read_to = read_to


def keep_parts(session: Session, file_pk: str, item: Item) -> None:
    """Keep the parts of a combo item, which a list of items does not give. The caller commits."""
    session.execute(
        update(MirroredItem)
        .where(MirroredItem.file_pk == file_pk, MirroredItem.item_id == item.id)
        .values(parts=list(item.parts))
    )


def item_of(row: MirroredItem) -> Item:
    """A mirrored item as the mapping reads it."""
    return Item(
        id=row.item_id,
        code=row.code,
        name=row.name,
        tax_code=row.tax_code,
        is_active=row.is_active,
        is_sold=row.is_sold,
        is_combo=row.is_combo,
        parts=tuple(row.parts),
    )


def tax_code_of(row: MirroredTaxCode) -> TaxCode:
    """A mirrored tax code as the mapping reads it."""
    return TaxCode(code=row.code, rate=row.rate, is_active=row.is_active, is_sale=row.is_sale)
