"""Problems: the two sentences that the source document fixes, word for word, and what each problem is about."""

from portal.sync.problems import (
    MEANINGS,
    Code,
    Problem,
    RunStopped,
    Turn,
    about_order,
    invoice_exists,
    item_not_found,
)


def test_a_missing_item_is_told_as_the_source_document_tells_it() -> None:
    assert item_not_found(999, "sh-hoodie-with-logo") == Problem(
        Code.ITEM_NOT_FOUND,
        "Order #999: Unable to find product with BigCommerce sku/code=sh-hoodie-with-logo",
        "sh-hoodie-with-logo",
    )


def test_a_taken_number_is_told_as_the_source_document_tells_it() -> None:
    assert invoice_exists(120, "SHO120") == Problem(
        Code.INVOICE_EXISTS, "Order #120: Invoice with number SHO120 already exists.", "SHO120"
    )


def test_any_other_problem_names_its_order_first() -> None:
    assert about_order(Code.FEE_ITEM_MISSING, 7, "no Fee Item") == Problem(
        Code.FEE_ITEM_MISSING, "Order #7: no Fee Item", ""
    )
    assert about_order(Code.ITEM_UNUSABLE, 7, "inactive", "MUG").subject == "MUG"


def test_every_code_has_a_meaning_and_whose_turn_it_is_follows_from_it() -> None:
    assert MEANINGS.keys() == set(Code)
    assert Problem(Code.SAASU_QUOTA, "").turn is Turn.WAIT
    assert Problem(Code.LINE_WITHOUT_SKU, "").turn is Turn.CLIENT


def test_a_stopped_run_carries_its_problem() -> None:
    stopped = RunStopped(Problem(Code.FLOOD, "412 orders"))
    assert (stopped.problem.code, str(stopped)) == (Code.FLOOD, "412 orders")
