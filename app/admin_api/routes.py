"""The routers of the Admin API, in the order they are tried."""

from fastapi import APIRouter

from app.admin_api import login, payments, unknown_login, users

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    users.router,
    payments.reading,
    payments.recording,
    payments.sending,
    unknown_login.router,
)
