"""Which Saasu item a shop's SKU means (SYNC §5 Lines)."""

from dataclasses import dataclass

from portal.sync.rules import Item, Rules


@dataclass(frozen=True, slots=True)
class Shelf:
    """The file's items by code, by code without regard to case and outer blanks, and by id."""

    exact: dict[str, Item]
    loose: dict[str, list[Item]]
    by_id: dict[int, Item]

    @classmethod
    def of(cls, items: tuple[Item, ...]) -> "Shelf":
        """Arrange the items of a file."""
        loose: dict[str, list[Item]] = {}
        for item in items:
            loose.setdefault(bare(item.code), []).append(item)
        return cls({item.code: item for item in items}, loose, {item.id: item for item in items})

    def find(self, sku: str, rules: Rules) -> Item | None:
        """The item for a SKU: by alias of the file, then exactly, then the only one that matches loosely; none for a blank."""
        if not bare(sku):
            return None
        return self.coded(rules.aliases.get(sku) or loose_alias(sku, rules) or sku)

    def coded(self, code: str) -> Item | None:
        """The item with a code: exactly, then the only one that matches loosely."""
        if code in self.exact:
            return self.exact[code]
        alike = self.loose.get(bare(code), [])
        return alike[0] if len(alike) == 1 else None

    def chosen(self, item_id: int | None) -> Item | None:
        """The item chosen in a setting; `None` where none is chosen or the file has it no more."""
        return None if item_id is None else self.by_id.get(item_id)


def loose_alias(sku: str, rules: Rules) -> str | None:
    """The only alias that matches a SKU without regard to case and outer blanks."""
    alike = [code for alias, code in rules.aliases.items() if bare(alias) == bare(sku)]
    return alike[0] if len(alike) == 1 else None


def why_unusable(item: Item) -> str:
    """Why an item may not stand on a sale; blank when it may."""
    if not item.is_active:
        return "inactive"
    return "" if item.is_sold else "not marked as sold"


def contains(combo: Item, part: Item) -> bool:
    """Whether a combo item contains another; a combo whose parts were not read is taken to contain it."""
    return combo.is_combo and (not combo.parts or bare(part.code) in {bare(code) for code in combo.parts})


def bare(code: str) -> str:
    """A code without regard to case and outer blanks."""
    return code.strip().casefold()
