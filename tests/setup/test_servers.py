"""The servers and the quarantine under all other tests."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from redis import Redis
from sqlalchemy import create_engine, inspect, text

from tests import databases
from tests.quarantine import LeftTheMachine
from tests.servers import PROJECT, Servers


def test_the_database_has_the_tables_of_the_migrations(database_url: str) -> None:
    engine = create_engine(database_url)
    names = inspect(engine).get_table_names()
    engine.dispose()
    assert databases.VERSION_TABLE in names
    assert len(names) > 5


def test_the_redis_answers_and_holds_what_it_is_given(empty_redis: str) -> None:
    with Redis.from_url(empty_redis) as redis:
        redis.set("word", "kept")
        assert redis.get("word") == b"kept"


def test_a_postgresql_is_there_whatever_the_tests_stand_on(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        version = connection.execute(text("show server_version_num")).scalar_one()
    engine.dispose()
    assert int(version) >= 140000


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as line, pytest.raises(LeftTheMachine):
        line.connect(("192.0.2.1", 80))


def test_another_machine_is_not_even_looked_up() -> None:
    with pytest.raises(LeftTheMachine):
        requests.get("https://shop.example.com/", timeout=2)


def test_no_setting_of_the_environment_reaches_a_test() -> None:
    assert "DATABASE_URL" not in os.environ
    assert "REDIS_URL" not in os.environ
    assert os.environ["APP_ENV"] == "development"


def test_servers_stop_and_leave_no_file_behind() -> None:
    servers = Servers()
    folder = _folder(servers.address("valkey"))
    assert folder.is_dir()
    servers.stop()
    assert not folder.exists()


def test_servers_end_with_a_test_command_that_is_killed() -> None:
    script = "from tests.servers import Server; import time; print(Server('valkey').address, flush=True); time.sleep(60)"
    killed = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert killed.stdout
    folder = _folder(killed.stdout.readline().strip())
    assert folder.is_dir()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()


def _folder(address: str) -> Path:
    return Path(address.removeprefix("unix://")).parent
