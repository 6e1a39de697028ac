"""Pages: one module a screen family, form and route together."""

from flask import Flask


def register(app: Flask) -> None:
    """Register every page with the app."""
