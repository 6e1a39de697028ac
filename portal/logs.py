"""Logs: one JSON line an event on standard output, ids bound once, secrets masked (ASVS 16.2.5)."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

import structlog
from structlog.typing import Processor

SECRET_NAMES = re.compile(
    r"pass(word)?$|token|secret|authori[sz]ation|x-auth|credential|cookie|document", re.IGNORECASE
)
SECRET_TEXTS = (
    re.compile(r"(?i)(wsaccesskey=)[^&\s\"']+"),
    re.compile(r"(?i)(bearer\s+)[^\s\"',}]+"),
    re.compile(r"(?i)(authori[sz]ation[\"']?\s*[:=]\s*[\"']?)[^\"',}\n]+"),
    re.compile(
        r"(?i)((?:x-auth-token|(?:access|refresh)_?token|password|(?:client_?)?secret(?:_key)?|credential_keys)"
        r"[\"']?\s*[:=]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s\"',}&]+)"
    ),
    # The token of a link that works without a sign-in.
    re.compile(r"(/mail-addresses/[\w-]+/\w+/)[\w-]+"),
    # The password of an address, even one with a stroke in it.
    re.compile(r"(://[^:/@\s]*:)[^@\s]+(?=@)"),
)
MASK = "••••"


def masked_text(text: str) -> str:
    """A text with whatever looks like a secret blotted out."""
    for pattern in SECRET_TEXTS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def masked(name: str, value: Any) -> Any:
    """A value as it may be shown under this name: blotted out by the name, or by the look of its text, however deep it lies."""
    if SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked("", inner) for inner in value]
    if value is None or isinstance(value, bool | int):
        return value
    return masked_text(str(value))


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot secrets out of an event, all its fields and its traceback."""
    for name, value in event.items():
        event[name] = masked("" if name == "event" else name, value)
    return event


class Out:
    """Where log lines go: standard output, or standard error while a command says something there itself."""

    def __init__(self) -> None:
        self.beside = False

    def write(self, text: str) -> int:
        """Write to the stream as it is now."""
        return (sys.stderr if self.beside else sys.stdout).write(text)

    def flush(self) -> None:
        """Flush that stream."""
        (sys.stderr if self.beside else sys.stdout).flush()


OUT = Out()


@contextmanager
def beside_the_answer() -> Iterator[None]:
    """Send log lines to standard error, so that standard output holds a command's answer alone."""
    OUT.beside = True
    try:
        yield
    finally:
        OUT.beside = False


def configure(*, pretty: bool | None = None) -> None:
    """Set logging up: JSON to standard output, pretty at a terminal; other libraries' records take the same way."""
    at_terminal = sys.stdout.isatty() if pretty is None else pretty
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The terminal's own tracebacks would show the values of variables, unmasked.
    terminal = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last: Processor = terminal if at_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    tail: list[Processor] = [structlog.processors.format_exc_info, mask, last]
    structlog.configure(
        processors=[*steps, *tail],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", OUT)),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(OUT)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("urllib3", "requests", "werkzeug", "alembic.runtime.migration"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def bound(**ids: str | int) -> Iterator[None]:
    """Bind ids to every line logged within."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def log() -> Any:
    """The logger."""
    return structlog.get_logger()
