"""`python -m app.worker`."""

import sys

from app.core.settings import SettingsRefused
from app.worker.runner import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsRefused as refused:
        sys.stderr.write(f"{refused}\n")
        sys.exit(1)
