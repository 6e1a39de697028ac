"""Sales that somebody typed into a file by hand before the portal came."""

from datetime import UTC, datetime

from sandbox.saasu.seeding import seed
from sandbox.saasu.state import State
from sandbox.world import named


def test_in_the_demo_somebody_typed_three_sales_under_numbers_of_the_coffee_shop() -> None:
    began = datetime(2026, 11, 25, tzinfo=UTC)
    state = State(lambda: began)
    seed(state, named("demo", began))
    typed = {
        file_id: [sale["InvoiceNumber"] for sale in file.invoices.values()]
        for file_id, file in state.files.items()
        if file.invoices
    }
    assert typed == {41002: ["WB148", "WB201", "WB252"]}
    assert {sale["PurchaseOrderNumber"] or "" for sale in state.files[41002].invoices.values()} == {""}
