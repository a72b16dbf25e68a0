"""The routers of our own API, the webhooks and the health routes, in the order they are tried."""

from fastapi import APIRouter

from app.core.settings import Settings
from app.v1_api import (
    brevo_webhook,
    health,
    home,
    invoices,
    orders,
    pictures,
    private_files,
    test_hooks,
    webhooks,
    withdrawal_page,
)

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    health.router,
    pictures.router,
    private_files.router,
    webhooks.router,
    brevo_webhook.router,
    orders.storefront_router,
    orders.link_router,
    invoices.router,
    orders.paying_router,
    withdrawal_page.router,
    withdrawal_page.declaring,
)


def list_test_routers(settings: Settings) -> tuple[APIRouter, ...]:
    """The hooks of whole-shop tests, where test keys are allowed; production has none of their routes."""
    return (test_hooks.router,) if settings.allows("test_keys") else ()
