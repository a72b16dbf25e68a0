"""Builds the application: routers, the stack around them, error rendering."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import to_thread
from fastapi import FastAPI

from app.admin.routes import ROUTERS as PAGE_ROUTERS
from app.admin_api.routes import ROUTERS as ADMIN_ROUTERS
from app.core.api_document import DescribedApplication
from app.core.changes import ChangeListener
from app.core.db import get_engine
from app.core.http import install_stack
from app.core.log import configure_logging
from app.core.settings import Settings, get_settings
from app.core.tagged_cache import get_tagged_cache
from app.store_api.keeping import KeptAnswersFirst
from app.store_api.routes import AUTH_ROUTERS
from app.store_api.routes import ROUTERS as STORE_ROUTERS
from app.v1_api.routes import ROUTERS as V1_ROUTERS
from app.v1_api.routes import list_test_routers


@asynccontextmanager
async def stay_connected(settings: Settings, keeps_answers: bool, _app: FastAPI) -> AsyncIterator[None]:
    """Hear what changes meanwhile; give the database its connections back once the last request is answered."""
    listener = ChangeListener(settings.database_url, get_tagged_cache())
    if keeps_answers:
        listener.start()
    yield
    if keeps_answers:
        await to_thread.run_sync(listener.stop)
    get_engine().dispose()


def create_app(settings: Settings | None = None, *, keeps_answers: bool = False) -> FastAPI:
    """The application of one web process; raises `SettingsRefused` before anything is listened to.

    `keeps_answers`: it listens for changes, and may therefore keep answers of the catalogue.
    """
    settings = settings or get_settings()
    configure_logging(settings.comptoir_release)
    app = DescribedApplication(
        title="Comptoir",
        version=settings.comptoir_release,
        lifespan=partial(stay_connected, settings, keeps_answers),
        redirect_slashes=False,
        docs_url="/docs" if settings.is_development else None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.is_development else None,
    )
    for router in (
        *list_test_routers(settings),
        *V1_ROUTERS,
        *AUTH_ROUTERS,
        *STORE_ROUTERS,
        *ADMIN_ROUTERS,
        *PAGE_ROUTERS,
    ):
        app.include_router(router)
    app.add_middleware(KeptAnswersFirst)  # before the others: the first one added is the innermost
    install_stack(app, settings)
    return app
