"""How the verdicts of a preview look, and where each line of its check-list is put right."""

from collections.abc import Mapping, Sequence

from portal.models.orders import LARGEST_ID
from portal.sync.previewing import Verdict
from portal.sync.problems import MEANINGS, Code, Problem, Turn

LIMIT_OF_NUMBERS = LARGEST_ID
CHIPS = {Verdict.UNSETTLED: "unknown", Verdict.WOULD_POST: "would_post"}
FIELDS = {
    Code.SHIPPING_ITEM_MISSING: "shipping_item",
    Code.FEE_ITEM_MISSING: "fee_item",
    Code.TAX_CODE_MISSING: "choices",
}
"""The field of the connector's page that puts a problem right."""


def verdict_chip(verdict: str, problems: Sequence[Problem | Mapping[str, str]]) -> str:
    """The word of the chip for a verdict; a problem that mends itself looks otherwise than one that needs somebody."""
    if verdict != Verdict.PROBLEM:
        return CHIPS.get(Verdict(verdict), str(verdict))
    first = problems[0] if problems else None
    code = first.code if isinstance(first, Problem) else Code(first["code"]) if first else None
    return "mends" if code is not None and MEANINGS[code].turn is Turn.WAIT else "needs_you"


def anchor_of(code: Code) -> str:
    """The field of the connector's page to go to for a problem; blank where another place puts it right."""
    return FIELDS.get(code, "")
