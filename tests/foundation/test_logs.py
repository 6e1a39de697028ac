"""Every log line is one JSON object with the ids of what it belongs to, and holds no secret."""

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import structlog

from portal import logs

SECRET = "wattleseed-0042"


@pytest.fixture(autouse=True)
def logging_as_found() -> Iterator[None]:
    """Logging is put back; each test sets it up itself, once its output is captured."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line that was written."""
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_an_event_is_one_line_with_its_level_and_utc_time(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(pretty=False)
    logs.log().info("run finished\nwell", posted=3, total=Decimal("1.50"))

    line = written(capsys)
    assert (line["event"], line["level"], line["posted"], line["total"]) == (
        "run finished\nwell",
        "info",
        3,
        "1.50",
    )
    assert line["timestamp"].endswith("Z")


def test_ids_are_bound_to_every_line_within_and_to_none_after(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(pretty=False)
    with logs.bound(run="r1"), logs.bound(order=112):
        logs.log().info("inside")
        inside = written(capsys)
    logs.log().info("outside")

    assert (inside["run"], inside["order"]) == ("r1", 112)
    assert not {"run", "order"} & set(written(capsys))


@pytest.mark.parametrize(
    "field",
    [
        "password",
        "access_token",
        "refresh_token",
        "client_secret",
        "authorization",
        "x_auth_token",
        "SECRET_KEY",
        "CREDENTIAL_KEYS",
        "cookie",
        "document",
    ],
)
def test_a_field_with_the_name_of_a_secret_is_blotted_out(
    capsys: pytest.CaptureFixture[str], field: str
) -> None:
    logs.configure(pretty=False)
    logs.log().warning("event", **{field: SECRET})

    assert written(capsys)[field] == logs.MASK


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.saasu.com/Invoice?wsAccessKey={SECRET}&FileId=7",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f"{{'X-Auth-Token': '{SECRET}'}}",
        f'{{"access_token":"{SECRET}","expires_in":10800}}',
        f"grant_type=refresh_token&refresh_token={SECRET}&scope=full",
        f"password = '{SECRET} and more'",
        f"smtp://portal:{SECRET}@mail.example.com:587",
        f"smtp://portal:half/{SECRET}@mail.example.com:587",
        f"redis://:{SECRET}@queue.example.com",
    ],
)
def test_a_text_that_holds_a_secret_is_blotted_out_wherever_it_stands(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    logs.configure(pretty=False)
    logs.log().info(text, note=text, deep=[{"inner": (text,)}], raw=text.encode())
    logging.getLogger("elsewhere").warning("it said %s", text)

    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 2
    assert SECRET not in shown
    assert "and more" not in shown


def test_a_secret_deep_in_a_field_is_blotted_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(pretty=False)
    logs.log().info("sent", request={"headers": [{"X-Auth-Token": SECRET, "Accept": "application/json"}]})

    assert written(capsys)["request"] == {
        "headers": [{"X-Auth-Token": logs.MASK, "Accept": "application/json"}]
    }


@pytest.mark.parametrize("pretty", [True, False])
def test_a_traceback_tells_the_place_and_no_secret(capsys: pytest.CaptureFixture[str], pretty: bool) -> None:
    logs.configure(pretty=pretty)
    held = SECRET
    for logger in (logs.log(), logging.getLogger("elsewhere")):
        try:
            raise ValueError(f"refused: Bearer {held}")
        except ValueError:
            logger.exception("failed")

    shown = capsys.readouterr().out
    assert shown.count("ValueError: refused: Bearer ••••") == 2
    assert SECRET not in shown


def test_harmless_texts_are_left_alone() -> None:
    for text in (
        "The password is wrong.",
        "https://127.0.0.1:8000/files/a?page=2",
        "Order 112 of store jamtin at 10:45",
        "ITEM_NOT_FOUND: Item code 'SKU-1' was not found",
    ):
        assert logs.masked_text(text) == text


def test_other_libraries_speak_through_the_same_lines_and_the_chatty_are_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(pretty=False)
    logging.getLogger("urllib3.connectionpool").info("Starting new HTTPS connection")
    logging.getLogger("rq.worker").debug("hidden")
    with logs.bound(run="r2"):
        logging.getLogger("rq.worker").warning("job %s", "sync-1")

    line = written(capsys)
    assert (line["event"], line["level"], line["run"]) == ("job sync-1", "warning", "r2")
