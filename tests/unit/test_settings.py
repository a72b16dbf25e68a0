"""Settings: read once, typed, and refused when they belong to a laptop."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe

from app.core.settings import (
    DEVELOPMENT_VALUES,
    RELAXATIONS,
    ROTATING,
    SDK_API_VERSION,
    Settings,
    SettingsRefused,
    load_settings,
)
from app.core.settings_example import render_example
from tests.rows import row

ROOT = Path(__file__).parents[2]

PRODUCTION = {
    "COMPTOIR_ENV": "production",
    "DATABASE_URL": "postgresql+psycopg://comptoir_app_a:x@/comptoir?host=/run/postgresql",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URL": "https://api.boutique.example",
    "UPLOADS_DIR": "/var/lib/comptoir/uploads",
    "STRIPE_SECRET_KEY": "sk_live_0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789",
    "BREVO_API_KEY": "xkeysib-0123456789",
    "BREVO_SENDER_EMAIL": "boutique@boutique.example",
    "STORE_CORS": "https://www.boutique.example",
    "JWT_SECRET": "j" * 32,
    "COOKIE_SECRET": "c" * 32,
    "BREVO_WEBHOOK_TOKEN": "b" * 32,
}
REHEARSAL = {
    **PRODUCTION,
    "COMPTOIR_ENV": "rehearsal",
    "STRIPE_SECRET_KEY": "sk_test_0123456789",
    "BREVO_API_KEY": "a-test-key",
    "STRIPE_API_BASE": "http://127.0.0.1:9001",
    "BREVO_API_BASE": "http://127.0.0.1:9002",
}
DEVELOPMENT = {
    "COMPTOIR_ENV": "development",
    "DATABASE_URL": PRODUCTION["DATABASE_URL"],
    "REDIS_URL": PRODUCTION["REDIS_URL"],
}


def load(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name in [*Settings.model_fields, "STRIPE_LOG", "COMPTOIR_ENV_FILE"]:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings(os.environ)


def refused(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> set[str]:
    with pytest.raises(SettingsRefused) as raised:
        load(monkeypatch, values)
    return {problem.name for problem in raised.value.problems}


@pytest.mark.parametrize("values", [PRODUCTION, REHEARSAL, DEVELOPMENT], ids=["production", "rehearsal", "development"])
def test_right_settings_are_accepted(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    assert load(monkeypatch, values).comptoir_env == values["COMPTOIR_ENV"]


@pytest.mark.parametrize(
    ("environment", "changes", "names"),
    [
        (PRODUCTION, {"STRIPE_SECRET_KEY": "sk_test_1"}, {"STRIPE_SECRET_KEY"}),
        (PRODUCTION, {"STRIPE_API_BASE": "http://127.0.0.1:1"}, {"STRIPE_API_BASE"}),
        (PRODUCTION, {"BREVO_API_BASE": "http://127.0.0.1:1"}, {"BREVO_API_BASE"}),
        (PRODUCTION, {"BREVO_API_KEY": "a-test-key"}, {"BREVO_API_KEY"}),
        (PRODUCTION, {"STRIPE_WEBHOOK_SECRET": "0123"}, {"STRIPE_WEBHOOK_SECRET"}),
        (PRODUCTION, {"JWT_SECRET": "short"}, {"JWT_SECRET"}),
        (PRODUCTION, {"STRIPE_WEBHOOK_SECRET": "whsec_short"}, {"STRIPE_WEBHOOK_SECRET"}),
        (DEVELOPMENT, {"STRIPE_WEBHOOK_SECRET": "whsec_"}, {"STRIPE_WEBHOOK_SECRET"}),
        (DEVELOPMENT, {"JWT_SECRET": " "}, {"JWT_SECRET"}),
        (PRODUCTION, {"BREVO_WEBHOOK_TOKEN": "b" * 31}, {"BREVO_WEBHOOK_TOKEN"}),
        (PRODUCTION, {"COOKIE_SECRET": " " + "c" * 31 + "\n"}, {"COOKIE_SECRET"}),
        (PRODUCTION, {"PUBLIC_URL": "http://api.boutique.example"}, {"PUBLIC_URL"}),
        (PRODUCTION, {"STORE_CORS": "*"}, {"STORE_CORS"}),
        (PRODUCTION, {"ADMIN_CORS": "http://admin.boutique.example"}, {"ADMIN_CORS"}),
        (PRODUCTION, {"STOREFRONT_URL": "http://www.boutique.example"}, {"STOREFRONT_URL"}),
        (PRODUCTION, {"TRUSTED_STOREFRONTS": "boutique.example"}, {"TRUSTED_STOREFRONTS"}),
        (PRODUCTION, {"TRUSTED_STOREFRONTS": "203.0.113.7/24"}, {"TRUSTED_STOREFRONTS"}),
        (PRODUCTION, {"TRUSTED_STOREFRONTS": "0.0.0.0/0"}, {"TRUSTED_STOREFRONTS"}),
        (PRODUCTION, {"TRUSTED_STOREFRONTS": "::/0"}, {"TRUSTED_STOREFRONTS"}),
        (PRODUCTION, {"REDIS_URL": "memory://"}, {"REDIS_URL"}),
        (PRODUCTION, {"DATABASE_URL": "sqlite://"}, {"DATABASE_URL"}),
        (PRODUCTION, {"STRIPE_LOG": "debug"}, {"STRIPE_LOG"}),
        (PRODUCTION, {"COMPTOIR_ENV": "prod"}, {"COMPTOIR_ENV"}),
        (PRODUCTION, {"RATE_LIMIT_WEBHOOK_MAX": "0"}, {"RATE_LIMIT_WEBHOOK_MAX"}),
        (PRODUCTION, {"JWT_SECRET_PREVIOUS": "p" * 32}, {"JWT_SECRET_PREVIOUS"}),
        (
            PRODUCTION,
            {"JWT_SECRET_PREVIOUS": "p" * 32, "JWT_SECRET_PREVIOUS_UNTIL": "2026-12-01T00:00:00"},
            {"JWT_SECRET_PREVIOUS_UNTIL"},
        ),
        (
            PRODUCTION,
            {"JWT_SECRET_PREVIOUS": "p" * 32, "JWT_SECRET_PREVIOUS_UNTIL": "20261201"},
            {"JWT_SECRET_PREVIOUS_UNTIL"},
        ),
        (
            PRODUCTION,
            {"JWT_SECRET_PREVIOUS": "p" * 32, "JWT_SECRET_PREVIOUS_UNTIL": "demain"},
            {"JWT_SECRET_PREVIOUS_UNTIL"},
        ),
        (REHEARSAL, {"STRIPE_SECRET_KEY": "rk_live_0123456789"}, {"STRIPE_SECRET_KEY"}),
        (REHEARSAL, {"PUBLIC_URL": "http://api.boutique.example"}, {"PUBLIC_URL"}),
        (DEVELOPMENT, {"STRIPE_SECRET_KEY": "sk_live_0123456789"}, {"STRIPE_SECRET_KEY"}),
    ],
)
def test_wrong_settings_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], changes: dict[str, str], names: set[str]
) -> None:
    assert refused(monkeypatch, {**environment, **changes}) == names


@pytest.mark.parametrize("name", sorted(ROTATING))
def test_what_is_accepted_beside_is_no_easier_to_forge(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    until = {f"{name}_PREVIOUS_UNTIL": "2026-12-01T00:00:00Z"}
    for weak in (" ", "whsec_", "short", DEVELOPMENT_VALUES[name]):
        assert refused(monkeypatch, {**PRODUCTION, **until, f"{name}_PREVIOUS": weak}) == {f"{name}_PREVIOUS"}
    assert refused(monkeypatch, {**DEVELOPMENT, **until, f"{name}_PREVIOUS": " "}) == {f"{name}_PREVIOUS"}


@row("S4-008", "S4-009")
@pytest.mark.parametrize("environment", [PRODUCTION, REHEARSAL], ids=["production", "rehearsal"])
@pytest.mark.parametrize("name", sorted(DEVELOPMENT_VALUES))
def test_a_development_value_or_a_missing_one_is_refused_outside_a_laptop(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str
) -> None:
    assert name in refused(monkeypatch, {**environment, name: DEVELOPMENT_VALUES[name]})
    assert name in refused(monkeypatch, {key: value for key, value in environment.items() if key != name})


@row("S4-006", "S4-010")
@pytest.mark.parametrize("environment", [PRODUCTION, REHEARSAL], ids=["production", "rehearsal"])
def test_data_lives_in_postgresql_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    """What the runbook calls STORAGE_DRIVER=db: there is no other driver to choose, and none by the way."""
    for elsewhere in ("", "sqlite://", "memory://", "postgresql://nobody@127.0.0.1/none"):
        assert refused(monkeypatch, {**environment, "DATABASE_URL": elsewhere}) == {"DATABASE_URL"}
    for elsewhere in ("", "memory://"):
        assert refused(monkeypatch, {**environment, "REDIS_URL": elsewhere}) == {"REDIS_URL"}
    assert "STORAGE_DRIVER" not in {name.upper() for name in Settings.model_fields}


@row("S3-017", "S3-019")
@pytest.mark.parametrize("environment", [PRODUCTION, REHEARSAL], ids=["production", "rehearsal"])
def test_the_webhooks_limit_is_not_raised_without_a_reason(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    limit, reason = "RATE_LIMIT_WEBHOOK_MAX", "RATE_LIMIT_WEBHOOK_REASON"
    assert load(monkeypatch, environment).rate_limit_webhook_max == 100
    assert load(monkeypatch, {**environment, limit: "100"}).rate_limit_webhook_max == 100
    for nothing in ("", "  "):
        assert refused(monkeypatch, {**environment, limit: "101", reason: nothing}) == {reason}
    raised = load(monkeypatch, {**environment, limit: "600", reason: "replay of a night, Jeanne, 2026-11-21"})
    assert raised.rate_limit_webhook_max == 600


def test_rehearsal_has_three_relaxations_and_production_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(RELAXATIONS) == ["gateway_base_addresses", "own_certificate_authority", "test_keys"]
    rehearsal, production = load(monkeypatch, REHEARSAL), load(monkeypatch, PRODUCTION)
    assert all(rehearsal.allows(name) and not production.allows(name) for name in RELAXATIONS)
    with pytest.raises(KeyError):
        rehearsal.allows("anything_else")


def test_without_a_named_environment_it_is_production(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {name: value for name, value in PRODUCTION.items() if name != "COMPTOIR_ENV"}
    assert load(monkeypatch, values).comptoir_env == "production"


def test_values_are_stripped_and_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {**PRODUCTION, "STRIPE_WEBHOOK_SECRET": " whsec_canary0123\n"})
    assert settings.webhook_secrets(datetime.now(UTC)) == ("whsec_canary0123",)
    assert "canary" not in repr(settings)
    assert "comptoir_app_a" not in repr(settings)


def test_a_refusal_never_holds_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**PRODUCTION, "JWT_SECRET": "canary", "STRIPE_SECRET_KEY": "canary", "RATE_LIMIT_WEBHOOK_MAX": "canary"}
    with pytest.raises(SettingsRefused) as raised:
        load(monkeypatch, wrong)
    assert "canary" not in str(raised.value)


def test_origins_are_read_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {**PRODUCTION, "STORE_CORS": "https://a.example/, https://b.example ,"})
    assert settings.store_cors == ("https://a.example", "https://b.example")


def test_the_environment_wins_over_the_file_and_unknown_names_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "env"
    file.write_text("\n".join(f"{name}={value}" for name, value in PRODUCTION.items()))
    settings = load(monkeypatch, {"COMPTOIR_ENV_FILE": str(file), "STORE_CORS": "https://other.example"})
    assert settings.store_cors == ("https://other.example",)
    assert settings.public_url == "https://api.boutique.example"
    file.write_text(file.read_text() + "\nSTRIPE_SECRTE_KEY=typo\n")
    assert refused(monkeypatch, {"COMPTOIR_ENV_FILE": str(file)}) == {"STRIPE_SECRTE_KEY"}
    assert refused(monkeypatch, {"COMPTOIR_ENV_FILE": str(tmp_path / "none")}) == {"COMPTOIR_ENV_FILE"}


def test_both_secrets_are_read_until_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    until = datetime(2026, 12, 1, tzinfo=UTC)
    for name in ROTATING:
        rotation = {f"{name}_PREVIOUS": "old" + "o" * 32, f"{name}_PREVIOUS_UNTIL": "2026-12-01T00:00:00Z"}
        settings = load(monkeypatch, {**PRODUCTION, **rotation})
        read = {
            "STRIPE_WEBHOOK_SECRET": settings.webhook_secrets,
            "JWT_SECRET": settings.jwt_secrets,
            "COOKIE_SECRET": settings.cookie_secrets,
            "BREVO_WEBHOOK_TOKEN": settings.brevo_webhook_tokens,
        }[name]
        assert read(until - timedelta(seconds=1)) == (PRODUCTION[name], "old" + "o" * 32)
        assert read(until) == (PRODUCTION[name],)


def test_links_of_mails_lead_to_the_storefront(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = {"STORE_CORS": "https://a.example/, https://b.example"}
    assert load(monkeypatch, {**PRODUCTION, **origins}).storefront_base == "https://a.example"
    told = {**origins, "STOREFRONT_URL": "https://www.c.example/fr/"}
    assert load(monkeypatch, {**PRODUCTION, **told}).storefront_base == "https://www.c.example/fr"
    assert load(monkeypatch, {**PRODUCTION, "STORE_CORS": ""}).storefront_base == PRODUCTION["PUBLIC_URL"]


def test_storefronts_are_trusted_by_address_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {**PRODUCTION, "TRUSTED_STOREFRONTS": "203.0.113.7, 2001:db8::/64 ,"})
    assert [str(network) for network in settings.trusted_storefronts] == ["203.0.113.7/32", "2001:db8::/64"]


@row("S3-021")
def test_the_api_version_is_that_of_the_package() -> None:
    assert stripe.api_version in (None, SDK_API_VERSION)
    assert stripe._api_version._ApiVersion.CURRENT == SDK_API_VERSION


def test_the_example_file_is_the_generated_one() -> None:
    assert (ROOT / ".env.example").read_text() == render_example(), (
        "run: python -m app.core.settings_example > .env.example"
    )
