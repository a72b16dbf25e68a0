"""The routers of our own API, the webhooks and the health routes, in the order they are tried."""

from fastapi import APIRouter

from app.v1_api import health, home, pictures, webhooks

ROUTERS: tuple[APIRouter, ...] = (home.router, health.router, pictures.router, webhooks.router)
