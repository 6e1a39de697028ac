"""Where the sandbox keeps its documents: in memory, or written through to one SQLite file."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any


class Documents:
    """JSON documents by (kind, key). Safe to use from several threads.

    With a path every `put` is on the disk when it returns, or at the end of the `batch` it stands in. Without one,
    documents live as long as this object. A `Decimal` comes back as a `Decimal`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._open_batches = 0
        self._memory: dict[str, dict[str, Any]] = {}
        self._database: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )

    @property
    def kept(self) -> bool:
        """Whether the documents outlive this process."""
        return self._database is not None

    def put(self, kind: str, key: str, document: Any) -> None:
        """Keep a document, in the place of an earlier one with the same key."""
        with self._lock:
            if self._database is None:
                self._memory.setdefault(kind, {})[key] = document
                return
            body = json.dumps(document, default=_tagged)
            self._database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (kind, key, body))

    def get(self, kind: str, key: str) -> Any:
        """The document, or None."""
        with self._lock:
            if self._database is None:
                return self._memory.get(kind, {}).get(key)
            row = self._database.execute(
                "SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
            return json.loads(row[0], object_hook=_untagged) if row else None

    def remove(self, kind: str, key: str) -> None:
        """Forget a document; one that is not there is no fault."""
        with self._lock:
            if self._database is None:
                self._memory.get(kind, {}).pop(key, None)
                return
            self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))

    def items(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Every document of a kind with its key, in the order of the keys."""
        with self._lock:
            if self._database is None:
                return iter(sorted(self._memory.get(kind, {}).items()))
            rows = self._database.execute(
                "SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,)
            ).fetchall()
        return ((key, json.loads(body, object_hook=_untagged)) for key, body in rows)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Many changes as one: all of them are on the disk at the end, or none after a crash."""
        with self._lock:
            self._open_batches += 1
            outermost = self._open_batches == 1 and self._database is not None
            if outermost and self._database is not None:
                self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                self._open_batches -= 1
                if outermost and self._database is not None:
                    self._database.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"{type(value).__name__} cannot be kept as a document.")


def _untagged(value: dict[str, Any]) -> Any:
    if value.keys() == {"$decimal"}:
        return Decimal(value["$decimal"])
    return value
