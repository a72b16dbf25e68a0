"""The routers of the Admin API, in the order they are tried."""

from fastapi import APIRouter

from app.admin_api import api_keys, audit_log, invites, login, payments, unknown_login, users

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
    unknown_login.router,
)
