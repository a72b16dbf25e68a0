"""The routers of the Store API, in the order they are tried."""

from fastapi import APIRouter

from app.store_api import (
    auth_emailpass,
    auth_session,
    carts,
    categories,
    checkout,
    collections,
    currencies,
    customer_addresses,
    customers,
    invoices,
    options,
    order_transfers,
    orders,
    payment_collections,
    payment_providers,
    product_variants,
    products,
    regions,
    return_reasons,
    returns,
    shipping_options,
    tags,
    types,
    withdrawals,
)

ROUTERS: tuple[APIRouter, ...] = (
    regions.router,
    products.router,
    product_variants.router,
    categories.router,
    collections.router,
    tags.router,
    types.router,
    options.router,
    currencies.router,
    carts.router,
    carts.customer_router,
    shipping_options.router,
    payment_providers.router,
    payment_collections.router,
    payment_collections.vendor_router,
    checkout.router,
    customers.sign_up_router,
    customers.router,
    customer_addresses.router,
    orders.customer_router,
    orders.router,
    invoices.router,
    order_transfers.customer_router,
    order_transfers.router,
    return_reasons.router,
    returns.router,
    withdrawals.router,
    withdrawals.declaring,
)

# Logging in needs no publishable key (store-api §2).
AUTH_ROUTERS: tuple[APIRouter, ...] = (auth_emailpass.router, auth_emailpass.reset_router, auth_session.router)
