"""`python -m app.dev.fake_stripe --port 0 --webhook-url URL --webhook-secret S`."""

import argparse
from pathlib import Path

from app.dev.fake_stripe.app import GivenEndpoint, create_app
from app.dev.loopback import LOOPBACK, near_address, serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m app.dev.fake_stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--address", type=near_address, default=LOOPBACK, help="loopback, or a bridge of test hosts")
    parser.add_argument("--webhook-url", help="where events are sent")
    parser.add_argument("--webhook-secret", help="what they are signed with")
    parser.add_argument("--webhook-events", default="*", help="types that are sent, with commas (default: all)")
    parser.add_argument("--state-file", type=Path, help="remember everything in this file")
    options = parser.parse_args()
    if bool(options.webhook_url) != bool(options.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    events = tuple(options.webhook_events.split(","))
    given = GivenEndpoint(options.webhook_url, options.webhook_secret, events) if options.webhook_url else None
    serve(create_app(given=given, state_file=options.state_file), options.port, options.address)


if __name__ == "__main__":
    main()
