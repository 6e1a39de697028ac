"""Other names of items: the likely item beside a missing SKU, one press to use it, and the page of a file's names."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import mirrors
from portal.models.accounts import Firm
from portal.models.connections import ItemAlias, SaasuFile
from portal.models.orders import Order
from portal.models.runs import Run
from portal.services.remotes import firm_vault
from portal.sync.problems import Code, about_order, item_not_found
from portal.vault import Vault
from tests.builders import item, line, order
from tests.cast import Cast, Member
from tests.factories import RING, make_connection, make_file, make_order
from tests.web.conftest import Rows

SignIn = Callable[[Member], FlaskClient]
SKU = "sh-hoodie <red>"


def problem_rows(order_id: int, *skus: str) -> list[dict[str, str]]:
    found = [item_not_found(order_id, sku) for sku in skus]
    return [{"code": str(one.code), "sentence": one.sentence, "subject": one.subject} for one in found]


def fresh_file(session: Session, firm_id: str) -> SaasuFile:
    """A file whose items were read just now, so that no page asks Saasu."""
    file = make_file(session, session.get_one(Firm, firm_id))
    shelf = [item("SH-HOODIE-RED", 1, name="Hoodie, red"), item("MUG", 2), item("OLD", 3, is_active=False)]
    mirrors.write_catalogue(session, file, shelf, [], datetime.now(UTC))
    session.commit()
    return file


@pytest.fixture
def ids(rows: Rows, cast: Cast) -> dict[str, str]:
    """A file of Acacia with two orders that wait for one SKU, one of them for another as well."""
    with rows() as session:
        file = fresh_file(session, cast.alice.firm_id)
        connection = make_connection(session, file)
        first = make_order(
            session, connection, 120, "failed", turn="you", document=b"x", problems=problem_rows(120, SKU)
        )
        make_order(
            session,
            connection,
            121,
            "failed",
            turn="you",
            document=b"x",
            problems=problem_rows(121, SKU, "cup"),
        )
        return {"file": file.id, "order": first.id, "connection": connection.id}


def names_of(ids: dict[str, str]) -> str:
    return f"/files/{ids['file']}/item-names"


def test_a_missing_sku_shows_its_likely_item_and_a_button_that_says_what_it_does(
    ids: dict[str, str], cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).get(f"/orders/{ids['order']}").text
    assert "Use SH-HOODIE-RED for this SKU and retry 2 orders" in page
    assert "Likely: <b>SH-HOODIE-RED</b> “Hoodie, red”, written with other blanks, hyphens or dots." in page
    assert "sh-hoodie &lt;red&gt;" in page and SKU not in page


def test_a_reader_sees_the_problem_and_no_button(ids: dict[str, str], cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob).get(f"/orders/{ids['order']}").text
    assert "Unable to find product" in page
    assert "for this SKU" not in page
    assert sign_in(cast.bob).post(f"{names_of(ids)}/use", data={"sku": SKU}).status_code == 403


def test_one_press_keeps_the_name_and_starts_a_run_over_every_waiting_order(
    ids: dict[str, str], cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    answer = pat.post(f"{names_of(ids)}/use", data={"sku": SKU, "item": "SH-HOODIE-RED"})
    with rows() as session:
        [alias] = session.scalars(select(ItemAlias)).all()
        [run] = session.scalars(select(Run)).all()
        assert (alias.sku, alias.item_code, alias.created_by) == (SKU, "SH-HOODIE-RED", "Pat Paperbark")
        assert (run.kind, run.connection_id) == ("retry", ids["connection"])
        assert {row.asked for row in session.scalars(select(Order))} == {True}
        assert answer.headers["Location"] == f"/runs/{run.id}"
    page = pat.get(answer.headers["Location"]).text
    assert "sh-hoodie &lt;red&gt; is the item SH-HOODIE-RED from now on. 2 orders decided again now." in page


def test_an_item_that_saasu_has_by_now_is_said_and_every_waiting_order_retried_without_a_name(
    rows: Rows, ids: dict[str, str], kept_text: None, cast: Cast, sign_in: SignIn
) -> None:
    before = sign_in(cast.pat).get(f"/orders/{ids['order']}").text
    with rows() as session:
        file = session.get_one(SaasuFile, ids["file"])
        mirrors.write_catalogue(session, file, [item(SKU, 1), item("MUG", 2)], [], datetime.now(UTC))
        session.commit()
    client = sign_in(cast.pat)
    page = client.get(f"/orders/{ids['order']}").text
    names = client.get(names_of(ids)).text

    assert "no item in Saasu" in before and "Create the item in Saasu" in before
    assert "Retry: the item is there by now." in page
    assert "Saasu has this item now: <b>sh-hoodie &lt;red&gt;</b>." in page
    assert "Saasu has this item now" in names
    for one in (page, names):
        assert "no item in Saasu" not in one and "Create the item in Saasu" not in one
        assert ">Retry 2 orders<" in one and "other capitals" not in one and "Use sh-hoodie" not in one

    answer = client.post(f"{names_of(ids)}/retry", data={"sku": SKU})

    with rows() as session:
        (run,) = session.scalars(select(Run)).all()
        orders = session.scalars(select(Order).order_by(Order.order_id)).all()
        assert (run.kind, answer.headers["Location"]) == ("retry", f"/runs/{run.id}")
        assert [one.asked for one in orders] == [True, True]
        assert session.scalars(select(ItemAlias)).all() == []
    answer = client.post(f"{names_of(ids)}/retry", data={"sku": "nobody"}, follow_redirects=True)
    assert "No order waits for it any more." in answer.text


def test_after_the_press_the_order_says_what_it_is_until_the_run_has_decided(
    ids: dict[str, str], cast: Cast, sign_in: SignIn
) -> None:
    pat = sign_in(cast.pat)
    pat.post(f"{names_of(ids)}/use", data={"sku": SKU, "item": "SH-HOODIE-RED"})
    page = pat.get(f"/orders/{ids['order']}").text
    assert "It is the item <b>SH-HOODIE-RED</b> from now on." in page
    assert "for this SKU and retry" not in page
    assert "named; decided again by the next run" in pat.get(names_of(ids)).text


def test_a_press_for_an_item_that_is_gone_says_so_and_keeps_nothing(
    ids: dict[str, str], cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    answer = pat.post(f"{names_of(ids)}/use", data={"sku": "cup", "item": "OLD"}, follow_redirects=True)
    assert "OLD is inactive in Saasu" in answer.text
    with rows() as session:
        assert session.scalars(select(ItemAlias)).all() == []


def test_the_page_lists_what_waits_what_is_in_use_and_takes_a_name_by_hand(
    ids: dict[str, str], cast: Cast, sign_in: SignIn, rows: Rows
) -> None:
    pat = sign_in(cast.pat)
    page = pat.get(f"{names_of(ids)}?sku=cup").text
    assert "Orders wait for 2 SKUs" in page
    assert "none is alike" in page
    assert "Use it and retry 1 order" in page
    assert "OLD" not in page

    answer = pat.post(names_of(ids), data={"sku": " cup ", "item": "MUG"}, follow_redirects=True)
    assert "cup is the item MUG from now on. 1 order decided again now." in answer.text
    page = pat.get(names_of(ids)).text
    assert "Remove cup" in page and "Pat Paperbark" in page and "Add this name" in page

    with rows() as session:
        [alias] = session.scalars(select(ItemAlias)).all()
    answer = pat.post(f"{names_of(ids)}/{alias.id}/forget", follow_redirects=True)
    assert "cup is no other name any more. What was posted stays as it is." in answer.text
    assert "None yet." in answer.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"sku": "", "item": "MUG"}, "Give the SKU as the shop has it."),
        ({"sku": "cup", "item": ""}, "Choose the item."),
        ({"sku": "cup", "item": "OLD"}, "Not a valid choice."),
        ({"sku": "  ", "item": "MUG"}, "Give the SKU"),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused_beside_its_field(
    ids: dict[str, str], cast: Cast, sign_in: SignIn, form: dict[str, str], words: str
) -> None:
    answer = sign_in(cast.pat).post(names_of(ids), data=form)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_reader_sees_the_names_without_buttons(ids: dict[str, str], cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob).get(names_of(ids)).text
    assert "Orders wait for 2 SKUs" in page
    assert "<button" not in page.split("<main")[1]


def test_orders_of_a_paused_connection_are_named_without_a_run(
    rows: Rows, cast: Cast, sign_in: SignIn
) -> None:
    with rows() as session:
        file = fresh_file(session, cast.alice.firm_id)
        paused = make_connection(session, file, enabled=False)
        make_order(session, paused, 120, "failed", turn="you", problems=problem_rows(120, "cup"))
        address = f"/files/{file.id}/item-names"
    pat = sign_in(cast.pat)
    answer = pat.post(f"{address}/use", data={"sku": "cup", "item": "MUG"})
    assert answer.headers["Location"] == address
    assert "cup is the item MUG from now on.</p>" in pat.get(address).text
    with rows() as session:
        assert session.scalars(select(Run)).all() == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Code.SHIPPING_ITEM_MISSING, "Choose the Shipping Item"),
        (Code.FEE_ITEM_MISSING, "Choose the Fee Item"),
        (Code.TAX_CODE_MISSING, "Choose another tax code"),
    ],
)
def test_a_problem_that_a_setting_solves_leads_to_the_setting(
    rows: Rows, cast: Cast, sign_in: SignIn, code: Code, words: str
) -> None:
    problem = about_order(code, 120, "is missing")
    kept = [{"code": str(code), "sentence": problem.sentence, "subject": ""}]
    with rows() as session:
        connection = make_connection(session, fresh_file(session, cast.alice.firm_id))
        order = make_order(session, connection, 120, "failed", turn="you", problems=kept)
        address, target = f"/orders/{order.id}", f"/connections/{connection.id}?more=1#"
    page = sign_in(cast.pat).get(address).text
    assert words in page and target in page
    assert words not in sign_in(cast.bob).get(address).text


def test_an_order_that_does_not_add_up_shows_where(rows: Rows, cast: Cast, sign_in: SignIn) -> None:
    spans = [
        {"name": name, "shop": "0.00", "books": "0.00", "words": ""}
        for name in ("Goods", "Discount", "Shipping", "Fees", "Total")
    ]
    spans[4] |= {"shop": "10.99", "books": "11.00", "words": "the order says 10.99, its parts come to 11.00"}
    with rows() as session:
        connection = make_connection(session, fresh_file(session, cast.alice.firm_id))
        order = make_order(session, connection, 120, "failed", turn="you", bridge=spans)
        whole = make_order(
            session, connection, 121, "failed", turn="you",
            bridge=[*spans, {"name": "GST", "shop": "1.00", "books": "0.00", "words": ""}],
        )  # fmt: skip
        addresses = [f"/orders/{order.id}", f"/orders/{whole.id}"]
    torn, differs = (sign_in(cast.bob).get(address).text for address in addresses)
    assert "Where it does not add up" in torn and "Its parts" in torn
    assert "the order says 10.99, its parts come to 11.00" in torn
    assert "To the cent" in differs and "Its parts" not in differs


@pytest.fixture
def kept_text(rows: Rows, ids: dict[str, str]) -> None:
    """The first order's text is kept: what it sold can be shown."""
    bought = order(line(SKU, "60.00", 2, name="Hoodie with logo"), line("MUG", "15.00", id=2, name="Mug"))
    with rows() as session:
        row = session.get_one(Order, ids["order"])
        keys = firm_vault(session, Vault(RING), row.firm_id)
        row.document = keys.seal(row.id, "document", msgspec.json.encode(bought).decode())
        session.commit()


@pytest.mark.usefixtures("kept_text")
def test_an_order_that_was_not_posted_shows_what_the_shop_sold(
    ids: dict[str, str], cast: Cast, sign_in: SignIn
) -> None:
    page = " ".join(sign_in(cast.bob).get(f"/orders/{ids['order']}").text.split())

    assert "In the shop it is <b>Hoodie with logo</b>." in page
    assert "What the shop sold" in page
    hoodie, mug = page.split("shop-lines")[1].split("<tr")[2:4]
    assert "$60.00" in hoodie and "$120.00" in hoodie and "no item in Saasu" in hoodie
    assert "Mug" in mug and "$15.00" in mug and "no item in Saasu" not in mug
    assert "Total in the shop, including GST" in page


@pytest.mark.usefixtures("kept_text")
def test_the_page_of_names_says_what_a_missing_sku_is_called(
    ids: dict[str, str], cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.bob).get(names_of(ids)).text

    assert '<span class="quiet product-name">Hoodie with logo</span>' in page
    assert page.count("product-name") == 1


def test_an_order_of_which_no_text_is_kept_shows_no_lines(
    ids: dict[str, str], cast: Cast, sign_in: SignIn
) -> None:
    page = sign_in(cast.pat).get(f"/orders/{ids['order']}").text

    assert "What the shop sold" not in page
    assert "In the shop it is" not in page
