"""Which Saasu item a shop's SKU means (SYNC §5 Lines)."""

from dataclasses import dataclass

from portal.sync.rules import Item, Rules


@dataclass(frozen=True, slots=True)
class Shelf:
    """The file's items by code, and by code without regard to case and outer blanks."""

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
        """The item for a SKU: by alias of the file, then exactly, then the only one that matches loosely."""
        code = rules.aliases.get(sku, sku)
        if code in self.exact:
            return self.exact[code]
        alike = self.loose.get(bare(code), [])
        return alike[0] if len(alike) == 1 else None


def bare(code: str) -> str:
    """A code without regard to case and outer blanks."""
    return code.strip().casefold()
