"""Reading what an earlier run of the sandbox kept, back into a state."""

from datetime import date, datetime
from typing import Any

from sandbox.saasu.settings import Settings
from sandbox.saasu.state import TABLES, File, Grant, Login, State, number_key


def reload(state: State) -> bool:
    """Fill an empty state from its shelf. Answers whether anything was kept."""
    for _, kept in state.shelf.items("saasu_files"):
        file = _file(kept)
        state.files[file.id] = file
        state.claim_id(file.id)
    for table in TABLES:
        for key, record in sorted(state.shelf.items(f"saasu_{table}"), key=_place_in_line):
            _place(state, table, key, record)
    for _, kept in state.shelf.items("saasu_logins"):
        state.logins[kept["username"].casefold()] = Login(**kept)
    for _, kept in state.shelf.items("saasu_grants"):
        moments = {name: datetime.fromisoformat(kept[name]) for name in ("expires_at", "refresh_until")}
        state.grants[kept["refresh"]] = Grant(**{**kept, **moments})
    for _, kept in state.shelf.items("saasu_settings"):
        known = {name: value for name, value in kept.items() if name in Settings().listed()}
        state.settings = Settings().changed(known)
    return bool(state.files)


def _file(kept: dict[str, Any]) -> File:
    locked, blocked = kept["locked_until"], kept["blocked_until"]
    moments = {
        "locked_until": date.fromisoformat(locked) if locked else None,
        "blocked_until": datetime.fromisoformat(blocked) if blocked else None,
    }
    return File(**{**kept, **moments})


def _place_in_line(kept: tuple[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in kept[0].split("/"))


def _place(state: State, table: str, key: str, record: dict[str, Any]) -> None:
    file_id, _, record_id = key.partition("/")
    file = state.files[int(file_id)]
    file.tables[table][int(record_id)] = record
    state.claim_id(int(record_id))
    state.claim_version(record.get("LastUpdatedId"))
    if table == "invoices":
        file.numbers[number_key(record)] += 1
        for line in record["LineItems"]:
            state.claim_id(line["Id"])
