"""The app of the pretend BigCommerce."""

from flask import Flask

from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.world import World


def create(world: World, control: Control, store: Documents) -> Flask:
    """The app, its state in `extensions["state"]`."""
    app = Flask(__name__, static_folder=None)
    app.extensions["state"] = {"world": world, "store": store}
    control.install(app)
    return app
