"""Posting under the roundings that nobody has proven: whatever misses its cent there, the read-back must name (SYNC §7.8)."""

from proofs._cents_sides import books_by_control, cents, decimal
from proofs._cents_telling import tell
from proofs._cents_verdict import Expected
from proofs._cents_work import Placed, Worker, by_marker, count
from proofs._product import Kept

DIFFERS = "POSTED_TOTAL_DIFFERS"


class UnprovenWorker(Worker):
    """Counts sales whose total is not the shop's, and blames those that the product did not find by itself."""

    def _check(self, one: Placed, kept: dict[int, Kept]) -> dict[str, Expected]:
        opened, shop = one.opened, one.opened.shop
        sales = by_marker(books_by_control(self.books_side, opened.file_id))
        for side in self._sides(opened):
            order = one.drawn[side.id]
            found, told = sales.get(f"BC-{opened.store_hash}-{side.id}", []), kept.get(side.id)
            count(self.tally, side, shop, found, told, sound=order.sound)
            if not found or cents(decimal(found[0]["TotalAmount"])) == side.total:
                continue
            self.tally.between["wrong"] += 1
            if told is None or DIFFERS not in told.codes:
                wrong = [("unnoticed", f"Saasu has {found[0]['TotalAmount']}, and nobody said so")]
                self.tally.blame(tell(side, shop, wrong, found, told, order))
        return {}
