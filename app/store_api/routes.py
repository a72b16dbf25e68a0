"""The routers of the Store API, in the order they are tried."""

from fastapi import APIRouter

from app.store_api import (
    carts,
    categories,
    checkout,
    orders,
    payment_collections,
    payment_providers,
    products,
    regions,
    return_reasons,
    returns,
    shipping_options,
)

ROUTERS: tuple[APIRouter, ...] = (
    regions.router,
    products.router,
    categories.router,
    carts.router,
    shipping_options.router,
    payment_providers.router,
    payment_collections.router,
    payment_collections.vendor_router,
    checkout.router,
    orders.customer_router,
    orders.router,
    return_reasons.router,
    returns.router,
)
