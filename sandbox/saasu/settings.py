"""The switches of the pretend Saasu: one for each thing its documents leave open (FACTS §7 and §8)."""

from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from typing import Any, Final

from sandbox.saasu import arithmetic

PLANS: Final = {"Small": 4000, "Growing": 3000, "Medium": 6000, "Large": 8000, "X-Large": 20000}

_CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "rounding": arithmetic.ROUNDINGS,
    "half": arithmetic.HALVES,
    "numbers": arithmetic.NUMBERS,
    "tax_on": arithmetic.TAX_ON,
    "between": arithmetic.BETWEEN,
    "order_tax": ("filled", "null"),
    "duplicate_status": (400, 409),
    "duplicate_shape": ("string", "text", "object"),
    "number_filter": ("exact", "prefix", "contains"),
    "name_filter": ("exact", "contains"),
    "email_case": ("insensitive", "sensitive"),
    "stale_status": (400, 409),
    "empty_number": ("auto", "refuse", "blank"),
    "put_mode": ("replace", "merge"),
    "refusal_shape": ("string", "text", "object"),
    "unauthorised_shape": ("empty", "object"),
    "missing_tax": ("item", "none"),
    "block_status": (429, 403),
    "maintenance": (None, 200, 503),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every switch with its default. See `sandbox/README.md` for what each stands for."""

    calls_per_second: Decimal | None = Decimal(1)
    leeway_ms: int = 50
    day_scale: Decimal | None = Decimal(1)
    retry_after: int | None = None
    unique_numbers: bool = True
    duplicate_sentence: str = "Duplicate invoice number is not allowed."
    duplicate_status: int = 400
    duplicate_shape: str = "string"
    rounding: str = "line"
    half: str = "away"
    numbers: str = "decimal"
    tax_on: str = "rounded"
    between: str = "nothing"
    order_tax: str = "filled"
    number_filter: str = "exact"
    name_filter: str = "exact"
    email_case: str = "insensitive"
    stale_status: int = 400
    empty_number: str = "auto"
    put_mode: str = "replace"
    refusal_shape: str = "string"
    unauthorised_shape: str = "empty"
    inactive_items: bool = False
    unsold_items: bool = False
    negative_prices: bool = True
    full_discount: bool = True
    new_refresh_token: bool = False
    missing_tax: str = "item"
    block_status: int = 429
    maintenance: int | None = None

    @property
    def rules(self) -> arithmetic.Rules:
        """The rounding hypothesis that is in force."""
        return arithmetic.Rules(self.rounding, self.half, self.numbers, self.tax_on, self.between)

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """These settings with some changed. Raises `ValueError` naming the first fault."""
        known = {field.name: _kind(field.type) for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no setting {name}.")
            if name in _CHOICES and value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(str(choice) for choice in _CHOICES[name])}.")
            if name not in _CHOICES and not _fits(value, known[name]):
                raise ValueError(f"{name} does not take {value!r}.")
        return replace(self, **{name: _as_kept(value, known[name]) for name, value in changes.items()})

    def listed(self) -> dict[str, Any]:
        """Every setting by name, as JSON values."""
        return asdict(self)


def _kind(annotation: object) -> str:
    return getattr(annotation, "__name__", str(annotation))


def _fits(value: object, kind: str) -> bool:
    if value is None:
        return "None" in kind
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, int):
        return ("int" in kind and value >= 0) or ("Decimal" in kind and value > 0)
    if isinstance(value, Decimal):
        return "Decimal" in kind and value > 0
    return kind == "str" and isinstance(value, str)


def _as_kept(value: object, kind: str) -> Any:
    if "Decimal" in kind and value is not None:
        return Decimal(str(value))
    return value
