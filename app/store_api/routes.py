"""The routers of the Store API, in the order they are tried."""

from fastapi import APIRouter

from app.store_api import carts, categories, products, regions, shipping_options

ROUTERS: tuple[APIRouter, ...] = (
    regions.router,
    products.router,
    categories.router,
    carts.router,
    shipping_options.router,
)
