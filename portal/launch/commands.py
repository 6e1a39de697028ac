"""Hands each command to its module."""


def main(argv: list[str]) -> int:
    """Run one command. Returns the exit status."""
    del argv
    return 2
