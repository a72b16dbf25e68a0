"""Which routes of the index each flow calls with success. What is written here is checked when the flow runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.sdk.index import find_row

ADD_TO_CART = ("GET /store/regions", "GET /store/products", "POST /store/carts", "POST /store/carts/:id/line-items")
CHECKOUT = (
    *ADD_TO_CART,
    "GET /store/carts/:id",
    "POST /store/carts/:id",
    "GET /store/shipping-options",
    "POST /store/carts/:id/shipping-methods",
    "POST /store/payment-collections",
    "POST /store/payment-collections/:id/payment-sessions",
    "POST /store/carts/:id/complete",
)
SIGN_UP = ("POST /auth/customer/emailpass/register", "POST /store/customers", "POST /auth/customer/emailpass")

FLOWS: dict[str, tuple[str, ...]] = {
    "regions": ("GET /store/regions", "GET /store/regions/:id"),
    "products": ("GET /store/products", "GET /store/products/:id"),
    "variants": ("GET /store/product-variants", "GET /store/product-variants/:id"),
    "groups": (
        "GET /store/product-categories",
        "GET /store/product-categories/:id",
        "GET /store/collections",
        "GET /store/collections/:id",
        "GET /store/product-tags",
        "GET /store/product-tags/:id",
        "GET /store/product-types",
        "GET /store/product-types/:id",
        "GET /store/return-reasons",
        "GET /store/return-reasons/:id",
        "GET /store/currencies",
        "GET /store/currencies/:code",
        "GET /store/locales",
    ),
    "options": ("GET /store/product-options", "GET /store/product-options/:id"),
    "cart": (
        *ADD_TO_CART,
        "GET /store/carts/:id",
        "POST /store/carts/:id",
        "POST /store/carts/:id/line-items/:line_id",
        "DELETE /store/carts/:id/line-items/:line_id",
    ),
    "promotions": ("POST /store/carts/:id/promotions", "DELETE /store/carts/:id/promotions"),
    "delivery": (
        "GET /store/shipping-options",
        "POST /store/shipping-options/:id/calculate",
        "GET /store/payment-providers",
        "POST /store/carts/:id/taxes",
    ),
    "guest_purchase": (*CHECKOUT, "GET /store/orders/:id"),
    "manual_payment": CHECKOUT,
    "refused_card": CHECKOUT,
    "sign_up": (*SIGN_UP, "POST /store/carts/:id/customer", "GET /store/customers/me"),
    "profile": (
        *SIGN_UP,
        "GET /store/customers/me",
        "POST /store/customers/me",
        "POST /store/customers/me/addresses",
        "GET /store/customers/me/addresses",
        "GET /store/customers/me/addresses/:id",
        "POST /store/customers/me/addresses/:id",
        "DELETE /store/customers/me/addresses/:id",
    ),
    "session": ("POST /auth/session", "DELETE /auth/session", "GET /store/customers/me", "POST /store/customers/me"),
    "tokens": ("POST /auth/token/refresh", "GET /store/customers/me"),
    "password": ("POST /auth/customer/emailpass/reset-password", "POST /auth/customer/emailpass/update"),
    "orders": (*CHECKOUT, "GET /store/orders", "GET /store/orders/:id"),
    "transfer": (
        "POST /store/orders/:id/transfer/request",
        "POST /store/orders/:id/transfer/accept",
        "POST /store/orders/:id/transfer/decline",
        "POST /store/orders/:id/transfer/cancel",
    ),
    "refusals": ADD_TO_CART,
    "returns": ("POST /store/returns",),
    "admin_products": (
        "GET /admin/products",
        "POST /admin/products",
        "GET /admin/products/:id",
        "POST /admin/products/:id",
        "DELETE /admin/products/:id",
        "POST /admin/products/batch",
        "GET /admin/products/:id/variants",
        "POST /admin/products/:id/variants",
        "POST /admin/products/:id/variants/batch",
        "GET /admin/products/:id/variants/:variant_id",
        "POST /admin/products/:id/variants/:variant_id",
        "DELETE /admin/products/:id/variants/:variant_id",
        "GET /admin/products/:id/options",
        "POST /admin/products/:id/options",
        "GET /admin/products/:id/options/:option_id",
        "POST /admin/products/:id/options/:option_id",
        "DELETE /admin/products/:id/options/:option_id",
        "GET /admin/product-variants",
        "GET /admin/product-categories",
        "POST /admin/product-categories",
        "GET /admin/product-categories/:id",
        "POST /admin/product-categories/:id",
        "DELETE /admin/product-categories/:id",
        "POST /admin/product-categories/:id/products",
        "GET /admin/collections",
        "POST /admin/collections",
        "GET /admin/collections/:id",
        "POST /admin/collections/:id",
        "DELETE /admin/collections/:id",
        "POST /admin/collections/:id/products",
        "GET /admin/product-tags",
        "POST /admin/product-tags",
        "GET /admin/product-tags/:id",
        "POST /admin/product-tags/:id",
        "DELETE /admin/product-tags/:id",
        "GET /admin/product-types",
        "POST /admin/product-types",
        "GET /admin/product-types/:id",
        "POST /admin/product-types/:id",
        "DELETE /admin/product-types/:id",
    ),
    "admin_orders": (
        *CHECKOUT,
        "GET /admin/orders",
        "GET /admin/orders/:id",
        "POST /admin/orders/:id/cancel",
        "POST /admin/orders/:id/complete",
        "POST /admin/orders/:id/archive",
        "POST /admin/payments/:id/capture",
        "POST /admin/payments/:id/refund",
        "POST /admin/orders/:id/fulfillments",
        "POST /admin/orders/:id/fulfillments/:fulfillment_id/shipments",
        "POST /admin/orders/:id/fulfillments/:fulfillment_id/mark-as-delivered",
        "POST /admin/orders/:id/fulfillments/:fulfillment_id/cancel",
    ),
    "admin_imports": (
        "POST /admin/products/import",
        "POST /admin/uploads/presigned-urls",
        "POST /admin/products/imports",
        "POST /admin/products/imports/:id/confirm",
        "POST /admin/products/export",
    ),
    "admin_uploads": ("POST /auth/user/emailpass", "POST /admin/uploads"),
    "admin_prices": (
        "GET /admin/inventory-items",
        "POST /admin/inventory-items/:id/location-levels/:location_id",
        "GET /admin/price-lists",
        "POST /admin/price-lists",
        "GET /admin/price-lists/:id",
        "DELETE /admin/price-lists/:id",
        "POST /admin/price-lists/:id/prices/batch",
    ),
    "admin_returns": (
        "GET /admin/orders/:id",
        "GET /admin/return-reasons",
        "POST /admin/return-reasons",
        "GET /admin/returns",
        "POST /admin/returns",
        "POST /admin/returns/:id/request-items",
        "POST /admin/returns/:id/shipping-method",
        "POST /admin/returns/:id/request",
        "POST /admin/returns/:id/receive",
        "POST /admin/returns/:id/receive-items",
        "POST /admin/returns/:id/dismiss-items",
        "POST /admin/returns/:id/receive/confirm",
        "POST /admin/returns/:id/cancel",
        "POST /store/withdrawals",
    ),
    "admin_people": (
        "POST /auth/user/emailpass",
        "GET /admin/users/me",
        "GET /admin/users",
        "GET /admin/invites",
        "POST /admin/invites",
        "GET /admin/refund-reasons",
        "GET /admin/api-keys",
        "POST /admin/api-keys",
        "POST /admin/api-keys/:id/revoke",
        "POST /admin/api-keys/:id/sales-channels",
    ),
}


@dataclass(frozen=True)
class Call:
    """One call that the SDK made, and how it was answered."""

    method: str
    path: str
    status: int


def name_calls(calls: Iterable[Call]) -> set[str]:
    """The rows of the index that were called and answered as the contract says."""
    found = ((call, find_row(call.method, call.path)) for call in calls)
    return {row.name for call, row in found if row and is_answered(call.status, row.answers)}


def is_answered(status: int, wanted: int | None) -> bool:
    """Success, or what the row says instead."""
    return status == wanted if wanted else status < 300
