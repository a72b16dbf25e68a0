"""The routers of the pages, in the order they are tried."""

from fastapi import APIRouter

from app.admin import invitation, static_files

ROUTERS: tuple[APIRouter, ...] = (static_files.router, invitation.router, invitation.password_router)
