"""What every test stands on: this machine alone, and real servers. The servers themselves: `servers.py`."""

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import hypothesis
import pytest

from tests import quarantine
from tests.servers import Servers

DATABASES = ("sqlite", "postgresql")
SERVERS = pytest.StashKey[Servers]()
pytest_plugins = ["tests.application"]

# For counting what a change of the code breaks: the same examples each time, and not too many.
hypothesis.settings.register_profile(
    "derandomised", derandomize=True, database=None, max_examples=40, deadline=None
)

quarantine.scrub_environment()
quarantine.refuse_network()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, default="sqlite", help="the database under the tests")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVERS] = Servers()
    if not hasattr(config, "workerinput"):
        # A test command that is told to end still stops its servers, as on Ctrl-C.
        signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Start the servers once, before the first of several processes, and tell each where they are."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    names = ["valkey", *(["postgresql"] if _database(config) == "postgresql" else [])]
    addresses = {name: config.stash[SERVERS].address(name) for name in names}
    node.workerinput["servers"] = addresses  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVERS].stop()


def _database(config: pytest.Config) -> str:
    return str(config.getoption("--database"))


def _address(config: pytest.Config, name: str) -> str:
    given: dict[str, str] = getattr(config, "workerinput", {}).get("servers", {})
    return given.get(name) or config.stash[SERVERS].address(name)


@pytest.fixture(scope="session")
def process_number(request: pytest.FixtureRequest) -> int:
    """0, 1, 2 …: which of the processes that share the tests this is."""
    return int(getattr(request.config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest, process_number: int) -> str:
    """A real Valkey; each process has a numbered room of its own in it."""
    return f"{_address(request.config, 'valkey')}?db={process_number}"


@pytest.fixture(scope="session")
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, process_number: int
) -> Iterator[str]:
    """A database of this process, with every migration applied. Tests leave it as they found it: see `empty_database`."""
    from tests import databases

    if _database(request.config) == "sqlite":
        folder: Path = tmp_path_factory.mktemp("database")
        url = f"sqlite:///{folder}/portal.sqlite3"
    else:
        server = _address(request.config, "postgresql")
        url = databases.create_on(server, f"process_{process_number}")
    databases.migrate(url)
    yield url


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """The address of a database without rows; emptied again after the test."""
    from tests import databases

    yield database_url
    databases.empty(database_url)


@pytest.fixture
def empty_redis(redis_url: str) -> Iterator[str]:
    """The address of a Redis without keys; emptied again after the test."""
    from redis import Redis

    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield redis_url
        redis.flushdb()


@pytest.fixture(scope="session")
def postgresql_url(request: pytest.FixtureRequest) -> str:
    """A real PostgreSQL whatever the tests stand on, for the few that are about it. Create databases of your own there."""
    return _address(request.config, "postgresql")
