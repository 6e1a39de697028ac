"""What a newcomer is told of the pretend logins and shops: which belong together."""

import json
from datetime import timedelta
from pathlib import Path

from portal.clients.rehearsal import Rehearsal
from portal.clients.transport import Transport
from portal.launch import pretend
from portal.launch.folder import DataFolder
from portal.services.operations import free_stores, pretend_login
from portal.sync.reading import BEHIND_SHOP_CLOCK
from sandbox.serve import running
from sandbox.world import named


def test_each_free_shop_is_told_with_its_file_and_the_login_that_reaches_it(tmp_path: Path) -> None:
    with running("demo") as servers:
        world = Rehearsal(Transport(), servers.bigcommerce_url, servers.saasu_url).world()
    stores = free_stores(world)
    logins = [pretend_login(login, world) for login in world.logins]

    assert [(one["name"], one["saasu_file"], one["saasu_login"]) for one in stores] == [
        ("Currawong Homestore", "Currawong Homestore", "visitor@example.com"),
        ("Second Crack", "Second Crack Coffee", "visitor@example.com"),
    ]
    assert [(one["username"], one["taken"], len(one["files"])) for one in logins] == [
        ("firm@example.com", True, 6),
        ("visitor@example.com", False, 2),
        ("twokeys@example.com", False, 1),
    ]

    note = {"email": "demo@example.com", "password": "p", "stores": stores, "logins": logins, "pages": {}}
    (tmp_path / "demo.json").write_text(json.dumps(note))
    said: list[str] = []
    pretend.show_sign_in(DataFolder(tmp_path), said.append)
    words = "\n".join(said)
    a_week = sum(store.orders_per_week for store in named("demo").stores if store.seeded)
    assert 27 <= a_week / 7 <= 33
    assert (
        "The shops take some 30 orders a day, between 6 am and midnight there; each shop is read once an hour."
        in words
    )
    assert (
        "Place an order on the shops' page above; two minutes later, Sync now beside its file posts it."
        in words
    )
    assert timedelta(minutes=2) == BEHIND_SHOP_CLOCK
    assert (
        "visitor@example.com, password sandbox-visitor-1\n    Its files     Currawong Homestore, Second Crack Coffee"
        in words
    )
    assert (
        "firm@example.com, password sandbox-firm-1\n    Its files     the 6 that the demo's firm has already"
        in words
    )
    assert (
        "Pretend shop    Second Crack\n    Saasu File    Second Crack Coffee\n    Saasu Login   visitor@example.com"
        in words
    )
    assert "code 246810\n    Its files     Two Keys Trading" in words
