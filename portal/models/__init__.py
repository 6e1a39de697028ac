"""Tables, one module a family; imported here together so that the migrations see them all."""

from portal.models import accounts, backfills, connections, mails, mirrors, orders, people, previews, runs

__all__ = ["accounts", "backfills", "connections", "mails", "mirrors", "orders", "people", "previews", "runs"]
