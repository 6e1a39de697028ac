"""The demo's address says yes as a reader would: by the link in the mail that came over SMTP."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.clients.rehearsal import Rehearsal
from portal.clients.transport import Transport
from portal.services import addresses, demo
from portal.services.remotes import Outside
from sandbox.serve import Running, running
from tests.factories import make_firm
from tests.mailroom import FROM


@pytest.fixture
def servers() -> Iterator[Running]:
    with running("empty") as found:
        yield found


def test_the_demos_address_is_confirmed_by_the_link_in_its_mail(
    app: Flask, session: Session, servers: Running
) -> None:
    found = Outside.of(app)
    outside = replace(found, settings=replace(found.settings, mail_url=servers.mail_url, mail_from=FROM))
    firm = make_firm(session)
    addresses.ask_new(session, outside, firm.id, [demo.EMAIL])
    session.commit()
    rehearsal = Rehearsal(Transport(), servers.bigcommerce_url, servers.saasu_url, servers.mailbox_url)

    demo.confirm_address(session, outside, rehearsal)

    (row,) = addresses.rows_of(session, firm.id, [demo.EMAIL])
    assert row.confirmed_at is not None
    assert [mail["subject"] for mail in servers.mailbox.mails(demo.EMAIL)] == [
        "Do you want sync notifications from Acacia Accounting?"
    ]


def test_the_replay_sets_both_clocks_and_time_goes_on_from_there_on_both(servers: Running) -> None:
    rehearsal = Rehearsal(Transport(), servers.bigcommerce_url, servers.saasu_url)
    moment = datetime(2026, 5, 22, 2, tzinfo=UTC)
    clock = demo.ReplayClock(moment - timedelta(days=1))

    rehearsal.set_clock(moment)
    clock.set(moment)
    first, theirs = clock.now(), servers.clock.now()
    time.sleep(0.02)

    assert moment < first < moment + timedelta(seconds=30) > theirs > moment
    for passed in (clock.now() - first, servers.clock.now() - theirs):
        assert timedelta(milliseconds=20) <= passed < timedelta(seconds=30)
    rehearsal.set_clock(None)
    assert abs(servers.clock.now() - datetime.now(UTC)) < timedelta(seconds=30)
