"""Every setting of the product, read once from the environment (over the file named by COMPTOIR_ENV_FILE)."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode, SettingsConfigDict

from app.core.settings_files import UPLOADS_DIR, FileSettings, list_file_problems

ENV_FILE = "COMPTOIR_ENV_FILE"
RELEASE_FILE = Path(__file__).parents[2] / "RELEASE"
SDK_API_VERSION = "2026-10-28.endive"  # what the pinned Stripe package speaks; a test compares the two

Environment = Literal["development", "rehearsal", "production"]

# Rehearsal is production except for these three, and nothing else (design §2).
RELAXATIONS = frozenset({"gateway_base_addresses", "test_keys", "own_certificate_authority"})

# What a laptop may run with; anywhere else these values are refused, so that a forgotten line stops the start.
DEVELOPMENT_VALUES = {
    "STRIPE_SECRET_KEY": "sk_test_development",
    "STRIPE_WEBHOOK_SECRET": "whsec_development",
    "BREVO_API_KEY": "development",
    "BREVO_SENDER_EMAIL": "boutique@comptoir.example",
    "JWT_SECRET": "development-jwt-secret-development",
    "COOKIE_SECRET": "development-cookie-secret-development",
    "BREVO_WEBHOOK_TOKEN": "development-brevo-webhook-token-development",
    "PUBLIC_URL": "http://127.0.0.1:9000",
    "UPLOADS_DIR": UPLOADS_DIR,
}
# What rotates by X, X_PREVIOUS, X_PREVIOUS_UNTIL (design §4.14), and the fewest characters of it outside a laptop.
ROTATING = {"STRIPE_WEBHOOK_SECRET": 16, "JWT_SECRET": 32, "COOKIE_SECRET": 32, "BREVO_WEBHOOK_TOKEN": 32}
WEBHOOK_PREFIX = "whsec_"
WEBHOOKS_A_MINUTE = 100
# Who trusts half of the world lets anybody say who they are.
MOST_TRUSTED = {4: 2**16, 6: 2**80}
WORDINGS = {"missing": "manquant / missing", "extra_forbidden": "nom inconnu / unknown name"}


@dataclass(frozen=True)
class Problem:
    """One setting that cannot stay as it is: its name, the cause and the next step. Never its value."""

    name: str
    message: str


class SettingsRefused(Exception):
    """The process must not start with these settings."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{problem.name}: {problem.message}" for problem in problems))


class Settings(FileSettings):
    """The settings, typed. `.env.example` is generated from the descriptions below (French / English)."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True
    )

    comptoir_env: Environment = Field(
        default="production",
        description="development, rehearsal (serveurs d'essai) ou production / development, rehearsal or production",
    )
    comptoir_release: str = Field(
        default_factory=lambda: RELEASE_FILE.read_text().strip() if RELEASE_FILE.exists() else "dev",
        description="Version servie ; lue dans le fichier RELEASE si absente / Served release, else from file RELEASE",
    )
    database_url: str = Field(
        repr=False,
        description="Base PostgreSQL, pilote psycopg / PostgreSQL database, psycopg driver",
        examples=["postgresql+psycopg://comptoir_app_a:PASSWORD@/comptoir?host=/run/postgresql"],
    )
    redis_url: str = Field(
        repr=False,
        description="Redis : cache et limites, jamais seule copie / Redis: cache and limits, never the only copy",
        examples=["redis://127.0.0.1:6379/0"],
    )
    public_url: str = Field(
        default=DEVELOPMENT_VALUES["PUBLIC_URL"],
        description="Adresse publique de ce serveur / Public address of this server",
        examples=["https://api.boutique.example"],
    )
    stripe_secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["STRIPE_SECRET_KEY"]),
        description="Clé secrète Stripe / Stripe secret key",
        examples=["sk_live_..."],
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["STRIPE_WEBHOOK_SECRET"]),
        description="Secret de signature du webhook Stripe / Signing secret of the Stripe webhook",
        examples=["whsec_..."],
    )
    stripe_webhook_secret_previous: SecretStr | None = Field(
        default=None,
        description="L'ancien, accepté jusqu'à la date ci-dessous / The previous one, until the date below",
    )
    stripe_webhook_secret_previous_until: datetime | None = Field(
        default=None, description="Fin de l'ancien secret, ISO 8601 UTC / End of the previous secret, ISO 8601 UTC"
    )
    stripe_api_version: str = Field(
        default=SDK_API_VERSION,
        description="Version de l'API Stripe, celle du paquet installé / Stripe API version, that of the package",
    )
    stripe_api_base: str | None = Field(
        default=None, description="Autre adresse de Stripe, refusée en production / Other address, not in production"
    )
    brevo_api_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["BREVO_API_KEY"]),
        description="Clé d'API Brevo / Brevo API key",
        examples=["xkeysib-..."],
    )
    brevo_api_base: str | None = Field(
        default=None, description="Autre adresse de Brevo, refusée en production / Other address, not in production"
    )
    brevo_webhook_token: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["BREVO_WEBHOOK_TOKEN"]),
        description="Jeton que Brevo montre à /brevo/webhook, 32 caractères au moins"
        " / Token that Brevo shows to /brevo/webhook, 32 characters or more",
        examples=["..."],
    )
    brevo_webhook_token_previous: SecretStr | None = Field(default=None, description="L'ancien / The previous one")
    brevo_webhook_token_previous_until: datetime | None = Field(default=None, description="Sa fin / Its end")
    brevo_sender_email: str = Field(
        default=DEVELOPMENT_VALUES["BREVO_SENDER_EMAIL"],
        description="Expéditeur des e-mails, vérifié chez Brevo / Sender of the mails, verified at Brevo",
        examples=["boutique@boutique.example"],
    )
    brevo_sender_name: str = Field(default="Comptoir", description="Nom de l'expéditeur / Name of the sender")
    brevo_daily_quota: int = Field(
        default=300,
        ge=1,
        description="E-mails par jour (Paris) selon l'offre Brevo / Mails a day (Paris) that the Brevo plan takes",
    )
    store_cors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origines de la boutique, séparées par des virgules / Storefront origins, comma separated",
        examples=["https://www.boutique.example"],
    )
    admin_cors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origines de l'Admin / Origins of the Admin", examples=["https://api.boutique.example"]
    )
    auth_cors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origines qui se connectent (boutique et Admin) / Origins that log in (storefront and Admin)",
        examples=["https://www.boutique.example,https://api.boutique.example"],
    )
    storefront_url: str | None = Field(
        default=None,
        description="Adresse de la boutique dans les e-mails ; sinon la première de STORE_CORS"
        " / Storefront in mails, else the first of STORE_CORS",
    )
    trusted_storefronts: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Serveurs de la boutique (adresses ou réseaux) crus sur l'adresse du visiteur"
        " / Storefront servers (addresses or networks) believed about their visitor's address",
    )
    jwt_secret: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["JWT_SECRET"]),
        description="Signe les jetons de connexion, 32 caractères au moins / Signs login tokens, 32 characters or more",
        examples=["..."],
    )
    jwt_secret_previous: SecretStr | None = Field(default=None, description="L'ancien / The previous one")
    jwt_secret_previous_until: datetime | None = Field(default=None, description="Sa fin / Its end")
    cookie_secret: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_VALUES["COOKIE_SECRET"]),
        description="Signe les cookies, 32 caractères au moins / Signs cookies, 32 characters or more",
        examples=["..."],
    )
    cookie_secret_previous: SecretStr | None = Field(default=None, description="L'ancien / The previous one")
    cookie_secret_previous_until: datetime | None = Field(default=None, description="Sa fin / Its end")
    rate_limit_webhook_max: int = Field(
        default=WEBHOOKS_A_MINUTE,
        ge=1,
        description="Webhooks par minute et par adresse / Webhooks per minute and address",
    )
    rate_limit_webhook_reason: str | None = Field(
        default=None,
        description="Pourquoi cette limite dépasse 100, par qui, quand / Why that limit is above 100, by whom, when",
    )
    manual_payment: bool = Field(
        default=False,
        description="Paiement manuel (virement, espèces) proposé / Manual payment (transfer, cash) offered",
    )

    @field_validator("store_cors", "admin_cors", "auth_cors", mode="before")
    @classmethod
    def split_origins(cls, value: object) -> object:
        """`https://a.example, https://b.example/` -> two origins as a browser sends them."""
        if not isinstance(value, str):
            return value
        return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())

    @field_validator("trusted_storefronts", mode="before")
    @classmethod
    def split_networks(cls, value: object) -> object:
        """`192.0.2.10, 2001:db8::/56` -> two networks."""
        if not isinstance(value, str):
            return value
        return tuple(each.strip() for each in value.split(",") if each.strip())

    @field_validator(*(f"{name}_PREVIOUS_UNTIL".lower() for name in ROTATING), mode="before")
    @classmethod
    def refuse_bare_number(cls, value: object) -> object:
        """`20261201` would be read as seconds: an instant of 1970, and the previous secret refused at once."""
        if isinstance(value, str) and value.strip().replace(".", "").isdigit():
            raise PydanticCustomError("no_instant", "une date ISO 8601 / an ISO 8601 instant: 2026-12-01T00:00:00Z")
        return value

    @property
    def storefront_base(self) -> str:
        """Where links of mails to customers lead, without slash at the end."""
        return (self.storefront_url or next(iter(self.store_cors), self.public_url)).rstrip("/")

    @property
    def is_development(self) -> bool:
        """A laptop: development secrets, documentation pages."""
        return self.comptoir_env == "development"

    @property
    def has_live_key(self) -> bool:
        """Whether our calls of Stripe move money."""
        return self.stripe_secret_key.get_secret_value().startswith(("sk_live_", "rk_live_"))

    def allows(self, relaxation: str) -> bool:
        """Whether one of `RELAXATIONS` holds here; production has none."""
        if relaxation not in RELAXATIONS:
            raise KeyError(relaxation)
        return self.comptoir_env != "production"

    def webhook_secrets(self, now: datetime) -> tuple[str, ...]:
        """The signing secrets to accept now, newest first."""
        return accepted(
            self.stripe_webhook_secret,
            self.stripe_webhook_secret_previous,
            self.stripe_webhook_secret_previous_until,
            now,
        )

    def jwt_secrets(self, now: datetime) -> tuple[str, ...]:
        """The token secrets to accept now; sign with the first."""
        return accepted(self.jwt_secret, self.jwt_secret_previous, self.jwt_secret_previous_until, now)

    def cookie_secrets(self, now: datetime) -> tuple[str, ...]:
        """The cookie secrets to accept now; sign with the first."""
        return accepted(self.cookie_secret, self.cookie_secret_previous, self.cookie_secret_previous_until, now)

    def brevo_webhook_tokens(self, now: datetime) -> tuple[str, ...]:
        """The bearer tokens to accept now on Brevo's webhook, newest first; register the first."""
        return accepted(
            self.brevo_webhook_token, self.brevo_webhook_token_previous, self.brevo_webhook_token_previous_until, now
        )


def accepted(
    current: SecretStr, previous: SecretStr | None, previous_until: datetime | None, now: datetime
) -> tuple[str, ...]:
    """Both secrets until the date, then the current one alone: rotation needs no common instant."""
    if previous is None or previous_until is None or now >= previous_until:
        return (current.get_secret_value(),)
    return (current.get_secret_value(), previous.get_secret_value())


@cache
def get_settings() -> Settings:
    """The process's settings, checked once; raises `SettingsRefused`."""
    return load_settings(os.environ)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises `SettingsRefused` naming every setting that cannot stay."""
    env_file = environ.get(ENV_FILE)
    if env_file and not Path(env_file).is_file():
        raise SettingsRefused([Problem(ENV_FILE, "fichier introuvable / file not found")])
    try:
        settings = Settings(_env_file=env_file)
    except ValidationError as exc:
        problems = [
            Problem(str(error["loc"][0]).upper(), WORDINGS.get(error["type"], error["msg"]))
            for error in exc.errors(include_input=False)
        ]
        raise SettingsRefused(problems) from None
    problems = [*list_problems(settings), *list_forbidden_variables(environ)]
    if problems:
        raise SettingsRefused(problems)
    return settings


def list_forbidden_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    """STRIPE_LOG makes the Stripe package print whole bodies, addresses and e-mails included (payments §6)."""
    if environ.get("STRIPE_LOG"):
        yield Problem("STRIPE_LOG", "à retirer : écrit des données personnelles / remove: it prints personal data")


def list_problems(settings: Settings) -> Iterator[Problem]:
    """Everything wrong with these settings, for the environment they name."""
    yield from _list_unusable_addresses(settings)
    yield from _list_unfinished_rotations(settings)
    yield from _list_forgeable_secrets(settings)
    yield from _list_wrong_keys(settings)
    if not settings.is_development:
        yield from _list_development_values(settings)
        yield from _list_unexplained_limits(settings)
    yield from (Problem(*each) for each in list_file_problems(settings, is_development=settings.is_development))
    if settings.comptoir_env == "production":
        yield from _list_other_gateways(settings)


def _list_unusable_addresses(settings: Settings) -> Iterator[Problem]:
    if not settings.database_url.startswith("postgresql+psycopg://"):
        yield Problem("DATABASE_URL", "commence par / starts with postgresql+psycopg://")
    if not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        yield Problem("REDIS_URL", "commence par / starts with redis://, rediss:// (or unix://)")
    schemes = ("http://", "https://") if settings.is_development else ("https://",)
    for name in ("STORE_CORS", "ADMIN_CORS", "AUTH_CORS"):
        origins: tuple[str, ...] = getattr(settings, name.lower())
        if not all(origin.startswith(schemes) and "*" not in origin for origin in origins):
            yield Problem(name, f"des origines complètes / whole origins: {' | '.join(schemes)}host")
    for name in ("PUBLIC_URL", "STOREFRONT_URL"):
        if not str(getattr(settings, name.lower()) or schemes[-1]).startswith(schemes):
            yield Problem(name, f"commence par / starts with {' | '.join(schemes)}")
    if any(network.num_addresses > MOST_TRUSTED[network.version] for network in settings.trusted_storefronts):
        yield Problem("TRUSTED_STOREFRONTS", "réseau trop grand : au plus / network too large, at most: /16, /48")


def _list_unfinished_rotations(settings: Settings) -> Iterator[Problem]:
    for name in map(str.lower, ROTATING):
        previous, until = getattr(settings, f"{name}_previous"), getattr(settings, f"{name}_previous_until")
        if (previous is None) != (until is None):
            yield Problem(f"{name}_previous".upper(), "va avec sa date _UNTIL / goes with its _UNTIL date")
        if until is not None and until.tzinfo is None:
            yield Problem(f"{name}_previous_until".upper(), "fuseau manquant, finir par Z / no time zone, end with Z")


def _list_forgeable_secrets(settings: Settings) -> Iterator[Problem]:
    """What anybody could sign with: an empty secret everywhere, a short one outside a laptop; the old ones too."""
    for name, fewest in ROTATING.items():
        for each in (name, f"{name}_PREVIOUS"):
            value = _plain(settings, each)
            if value is not None and not value.removeprefix(WEBHOOK_PREFIX):
                yield Problem(each, "vide : n'importe qui pourrait signer / empty: anybody could sign")
            elif value is not None and len(value) < fewest and not settings.is_development:
                yield Problem(each, f"{fewest} caractères au moins / characters or more")


def _list_wrong_keys(settings: Settings) -> Iterator[Problem]:
    key = settings.stripe_secret_key.get_secret_value()
    is_live = key.startswith(("sk_live_", "rk_live_"))
    if is_live and settings.allows("test_keys"):
        yield Problem("STRIPE_SECRET_KEY", "clé réelle hors production refusée / live key outside production refused")
    if not is_live and not settings.allows("test_keys"):
        yield Problem("STRIPE_SECRET_KEY", "une clé sk_live_ ou rk_live_ en production / a live key in production")
    if not settings.stripe_webhook_secret.get_secret_value().startswith(WEBHOOK_PREFIX):
        yield Problem("STRIPE_WEBHOOK_SECRET", "commence par / starts with whsec_")
    if not settings.brevo_api_key.get_secret_value().startswith("xkeysib-") and not settings.allows("test_keys"):
        yield Problem("BREVO_API_KEY", "commence par / starts with xkeysib-")


def _list_development_values(settings: Settings) -> Iterator[Problem]:
    previous = {f"{name}_PREVIOUS": DEVELOPMENT_VALUES[name] for name in ROTATING}
    for name, development_value in {**DEVELOPMENT_VALUES, **previous}.items():
        if _plain(settings, name) == development_value:
            yield Problem(name, "absent ou valeur de développement / missing or development value")


def _list_unexplained_limits(settings: Settings) -> Iterator[Problem]:
    """The limit protects the webhook: whoever raises it writes down why (runbook S3 "429")."""
    if settings.rate_limit_webhook_max > WEBHOOKS_A_MINUTE and not settings.rate_limit_webhook_reason:
        yield Problem("RATE_LIMIT_WEBHOOK_REASON", "au-dessus de 100, dites pourquoi / above 100, say why")


def _list_other_gateways(settings: Settings) -> Iterator[Problem]:
    for name in ("STRIPE_API_BASE", "BREVO_API_BASE"):
        if getattr(settings, name.lower()) is not None:
            yield Problem(name, "refusé en production / refused in production")


def _plain(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name.lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else value and str(value)
