"""Which item of the file a missing SKU most likely means, where one differs only slightly (SCREENS: an order)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from portal.sync.items import bare, why_unusable
from portal.sync.rules import Item

CLOSE = 85
CLOSE_WORD = 70
"""From how many per cent of letters in common, in their order, two codes are close, and two words the same word."""
SHORTEST_WORD = 4
APART = 3
"""By how many per cent the likely item must be closer than the next one; otherwise neither is likely."""
WORDS = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Likely:
    """An item that is probably meant, and in words what its code has different."""

    item: Item
    differs: str


def likely_item(sku: str, items: Iterable[Item]) -> Likely | None:
    """The one usable item whose code differs only slightly from a SKU; `None` where there is none, or several alike."""
    usable = [item for item in items if not why_unusable(item)]
    squeezed = "".join(words_of(sku))
    if not squeezed:
        return None
    same = [item for item in usable if "".join(words_of(item.code)) == squeezed]
    if same:
        return Likely(same[0], spelling(sku, same[0].code)) if len(same) == 1 else None
    closest = closest_items(squeezed, usable)
    if not closest or (len(closest) > 1 and closest[0][0] - closest[1][0] < APART):
        return None
    item = closest[0][1]
    differs = difference(words_of(sku), words_of(item.code))
    return Likely(item, differs) if differs else None


def words_of(code: str) -> list[str]:
    """The words and numbers of a code, without case, blanks, hyphens and whatever else stands between them."""
    return WORDS.findall(bare(code))


def spelling(sku: str, code: str) -> str:
    """How two codes of the same letters and digits differ."""
    return (
        "written with other capitals"
        if bare(sku) == bare(code)
        else "written with other blanks, hyphens or dots"
    )


def closest_items(squeezed: str, items: Sequence[Item]) -> list[tuple[int, Item]]:
    """The items that are close at all, the closest first, each with its closeness."""
    letters = Counter(squeezed)
    found = []
    for item in items:
        code = "".join(words_of(item.code))
        # The letters in common, in whatever order, are counted first: that is quick, and rules out nearly all of a large file.
        if per_cent((letters & Counter(code)).total(), squeezed, code) >= CLOSE:
            found.append((closeness(code, squeezed), item))
    close = [pair for pair in found if pair[0] >= CLOSE]
    return sorted(close, key=lambda pair: (-pair[0], pair[1].id))


def closeness(one: str, other: str) -> int:
    """How many per cent of two texts are letters they have in common, in their order."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return per_cent(sum(block.size for block in blocks), one, other)


def per_cent(common: int, one: str, other: str) -> int:
    """So many letters in common as a part of both texts."""
    return 200 * common // (len(one) + len(other))


def difference(sold: Sequence[str], known: Sequence[str]) -> str:
    """What words one code has and the other has not; blank where they name different things.

    A word more or less is slight, and so is one word spelled otherwise. Another number or another short word is another size or
    colour: never slight.
    """
    more, less = Counter(known) - Counter(sold), Counter(sold) - Counter(known)
    if not less:
        return f"the item has “{' '.join(more.elements())}” more"
    if not more:
        return f"the item has no “{' '.join(less.elements())}”"
    (one, *ones), (other, *others) = more.elements(), less.elements()
    # A word and a number have nothing in common, so one of the two tells that both are words.
    if ones or others or min(len(one), len(other)) < SHORTEST_WORD or not one.isalpha():
        return ""
    return f"the item says “{one}”, the shop “{other}”" if closeness(one, other) >= CLOSE_WORD else ""
