"""The app of the pretend BigCommerce: the API, its control address, and a few pages for people."""

from flask import Flask

from sandbox.bigcommerce.answers import ordered_error
from sandbox.bigcommerce.api import Api
from sandbox.bigcommerce.pages import FOLDER, Pages
from sandbox.bigcommerce.state import State
from sandbox.bigcommerce.store_control import StoreControl
from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.world import World


def create(world: World, control: Control, store: Documents) -> Flask:
    """The app, its state in `extensions["state"]`."""
    app = Flask("sandbox.bigcommerce", root_path=str(FOLDER))
    state = State(world, store)
    app.extensions["state"] = state
    control.error = ordered_error
    control.install(app)
    Api(state, control.clock).install(app)
    StoreControl(state, control.clock).install(app)
    Pages(state, control.clock).install(app)
    return app
