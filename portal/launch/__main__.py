"""`python -m portal.launch COMMAND`: as `python3 -m portal`, without the set-up, for processes that are inside `.venv` already."""

import sys

from portal.launch.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
