"""`python -m app.dev.fake_brevo --port 0`. Its address is what BREVO_API_BASE takes."""

import argparse
from pathlib import Path

from app.dev.fake_brevo.app import create_app
from app.dev.loopback import LOOPBACK, near_address, serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m app.dev.fake_brevo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--address", type=near_address, default=LOOPBACK, help="loopback, or a bridge of test hosts")
    parser.add_argument("--state-file", type=Path, help="remember everything in this file")
    options = parser.parse_args()
    serve(create_app(state_file=options.state_file), options.port, options.address)


if __name__ == "__main__":
    main()
