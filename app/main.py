"""Builds the application: routers, the stack around them, error rendering."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.admin.routes import ROUTERS as PAGE_ROUTERS
from app.admin_api.routes import ROUTERS as ADMIN_ROUTERS
from app.core.db import get_engine
from app.core.http import install_stack
from app.core.log import configure_logging
from app.core.settings import Settings, get_settings
from app.store_api.routes import ROUTERS as STORE_ROUTERS
from app.v1_api.routes import ROUTERS as V1_ROUTERS


@asynccontextmanager
async def close_connections_at_the_end(_app: FastAPI) -> AsyncIterator[None]:
    """Give the database its connections back once the last request is answered."""
    yield
    get_engine().dispose()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application of one web process; raises `SettingsRefused` before anything is listened to."""
    settings = settings or get_settings()
    configure_logging(settings.comptoir_release)
    app = FastAPI(
        title="Comptoir",
        version=settings.comptoir_release,
        lifespan=close_connections_at_the_end,
        redirect_slashes=False,
        docs_url="/docs" if settings.is_development else None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.is_development else None,
    )
    for router in (*V1_ROUTERS, *STORE_ROUTERS, *ADMIN_ROUTERS, *PAGE_ROUTERS):
        app.include_router(router)
    install_stack(app, settings)
    return app
