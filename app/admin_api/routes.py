"""The routers of the Admin API, in the order they are tried."""

from fastapi import APIRouter

from app.admin_api import (
    api_keys,
    audit_log,
    inventory_items,
    invites,
    login,
    payments,
    reservations,
    stock_locations,
    unknown_login,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    users.router,
    users.owning,
    invites.router,
    api_keys.router,
    audit_log.router,
    payments.reading,
    payments.recording,
    payments.sending,
    inventory_items.reading,
    inventory_items.writing,
    reservations.reading,
    stock_locations.reading,
    unknown_login.router,
)
