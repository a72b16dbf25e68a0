"""The settings that `make up` gives to the web server, the worker and the preparation."""

import os

from app.dev.instance import Memory, Wishes

# Nothing else of the person's environment reaches the processes: a DATABASE_URL or a live key left in a shell must not.
PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LANGUAGE", "LC_ALL", "TMPDIR", "RATE_LIMIT_WEBHOOK_MAX")
# The Next.js starter's own address, and the usual second one.
STOREFRONTS = "http://localhost:8000,http://127.0.0.1:8000,http://localhost:3000,http://127.0.0.1:3000"


def plain_environment() -> dict[str, str]:
    """What every process of the instance gets."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def instance_settings(wishes: Wishes, memory: Memory, database_url: str, redis_url: str) -> dict[str, str]:
    """The settings of this instance: real servers, fake vendors, secrets of its own."""
    own = f"{wishes.url},http://localhost:{wishes.port}"
    return {
        "COMPTOIR_ENV": "development",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        # Pictures have this address, and the starter shows those of `localhost` without a change of its settings.
        "PUBLIC_URL": f"http://localhost:{wishes.port}",
        "UPLOADS_DIR": str(wishes.data / "uploads"),
        "STRIPE_SECRET_KEY": memory.secrets.stripe_key,
        "STRIPE_WEBHOOK_SECRET": memory.secrets.webhook_secret,
        "STRIPE_API_BASE": f"http://127.0.0.1:{memory.ports['fake_stripe']}",
        "BREVO_API_KEY": memory.secrets.brevo_key,
        "BREVO_API_BASE": f"http://127.0.0.1:{memory.ports['fake_brevo']}",
        "BREVO_WEBHOOK_TOKEN": memory.secrets.brevo_webhook_token,
        "BREVO_SENDER_EMAIL": "boutique@comptoir.example",
        "BREVO_SENDER_NAME": "Comptoir",
        "STORE_CORS": STOREFRONTS,
        # A storefront on this machine calls for all its visitors from one address.
        "TRUSTED_STOREFRONTS": "127.0.0.1,::1",
        "ADMIN_CORS": own,
        "AUTH_CORS": f"{STOREFRONTS},{own}",
        "JWT_SECRET": memory.secrets.jwt_secret,
        "COOKIE_SECRET": memory.secrets.cookie_secret,
        "MANUAL_PAYMENT": "true",
    }
