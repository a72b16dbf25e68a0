"""The route index of the wire contract (store-api §3), as data: what the app must have, and what the flows must call.

Tier R: the Next.js starter calls it. E: the SDK has a method for it, or a shop soon needs it. O: rare, can wait.
A: a procedure of the shop's staff (store-api §11).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One method of one path; `answers` when anything but success is the contract."""

    method: str
    path: str
    tier: str
    answers: int | None = None

    @property
    def name(self) -> str:
        """As flows name it."""
        return f"{self.method} {self.path}"


def rows(tier: str, path: str, *methods: str) -> list[Row]:
    """The rows of one path."""
    return [Row(method, path, tier) for method in methods]


INDEX: tuple[Row, ...] = (
    *rows("R", "/store/regions", "GET"),
    *rows("R", "/store/regions/:id", "GET"),
    *rows("R", "/store/products", "GET"),
    *rows("E", "/store/products/:id", "GET"),
    *rows("O", "/store/product-variants", "GET"),
    *rows("R", "/store/product-variants/:id", "GET"),
    *rows("R", "/store/product-categories", "GET"),
    *rows("E", "/store/product-categories/:id", "GET"),
    *rows("R", "/store/collections", "GET"),
    *rows("R", "/store/collections/:id", "GET"),
    *rows("E", "/store/product-tags", "GET"),
    *rows("E", "/store/product-tags/:id", "GET"),
    *rows("E", "/store/product-types", "GET"),
    *rows("E", "/store/product-types/:id", "GET"),
    *rows("E", "/store/product-options", "GET"),
    *rows("E", "/store/product-options/:id", "GET"),
    *rows("O", "/store/currencies", "GET"),
    *rows("O", "/store/currencies/:code", "GET"),
    Row("GET", "/store/locales", "R", answers=404),
    *rows("E", "/store/return-reasons", "GET"),
    *rows("E", "/store/return-reasons/:id", "GET"),
    *rows("R", "/store/carts", "POST"),
    *rows("R", "/store/carts/:id", "GET", "POST"),
    *rows("R", "/store/carts/:id/line-items", "POST"),
    *rows("R", "/store/carts/:id/line-items/:line_id", "POST", "DELETE"),
    *rows("R", "/store/carts/:id/shipping-methods", "POST"),
    *rows("R", "/store/carts/:id/customer", "POST"),
    *rows("R", "/store/carts/:id/complete", "POST"),
    *rows("E", "/store/carts/:id/promotions", "POST", "DELETE"),
    *rows("O", "/store/carts/:id/taxes", "POST"),
    *rows("R", "/store/shipping-options", "GET"),
    *rows("E", "/store/shipping-options/:id/calculate", "POST"),
    *rows("R", "/store/payment-providers", "GET"),
    *rows("R", "/store/payment-collections", "POST"),
    *rows("R", "/store/payment-collections/:id/payment-sessions", "POST"),
    *rows("R", "/store/orders", "GET"),
    *rows("R", "/store/orders/:id", "GET"),
    *rows("R", "/store/orders/:id/transfer/request", "POST"),
    *rows("R", "/store/orders/:id/transfer/accept", "POST"),
    *rows("R", "/store/orders/:id/transfer/decline", "POST"),
    *rows("E", "/store/orders/:id/transfer/cancel", "POST"),
    *rows("E", "/store/returns", "POST"),
    *rows("E", "/store/withdrawals", "POST"),
    *rows("O", "/store/withdrawals/:token", "GET"),
    *rows("O", "/store/withdrawals/:token/confirm", "POST"),
    *rows("O", "/store/orders/:id/invoice", "GET"),
    *rows("R", "/store/customers", "POST"),
    *rows("R", "/store/customers/me", "GET", "POST"),
    *rows("R", "/store/customers/me/addresses", "POST"),
    *rows("E", "/store/customers/me/addresses", "GET"),
    *rows("E", "/store/customers/me/addresses/:id", "GET"),
    *rows("R", "/store/customers/me/addresses/:id", "POST", "DELETE"),
    *rows("R", "/auth/customer/emailpass", "POST"),
    *rows("R", "/auth/customer/emailpass/register", "POST"),
    *rows("E", "/auth/session", "POST", "DELETE"),
    *rows("E", "/auth/token/refresh", "POST"),
    *rows("E", "/auth/customer/emailpass/reset-password", "POST"),
    *rows("E", "/auth/customer/emailpass/update", "POST"),
    *rows("A", "/auth/user/emailpass", "POST"),
    *rows("A", "/admin/users/me", "GET"),
    *rows("A", "/admin/users", "GET"),
    *rows("A", "/admin/invites", "GET", "POST"),
    *rows("A", "/admin/products", "GET", "POST"),
    *rows("A", "/admin/products/:id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/products/:id/variants", "GET", "POST"),
    *rows("A", "/admin/products/:id/variants/:variant_id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/products/:id/options", "GET", "POST"),
    *rows("A", "/admin/products/:id/options/:option_id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/products/batch", "POST"),
    *rows("A", "/admin/product-variants", "GET"),
    *rows("A", "/admin/product-categories", "GET", "POST"),
    *rows("A", "/admin/product-categories/:id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/product-categories/:id/products", "POST"),
    *rows("A", "/admin/collections", "GET", "POST"),
    *rows("A", "/admin/collections/:id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/collections/:id/products", "POST"),
    *rows("A", "/admin/product-tags", "GET", "POST"),
    *rows("A", "/admin/product-tags/:id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/product-types", "GET", "POST"),
    *rows("A", "/admin/product-types/:id", "GET", "POST", "DELETE"),
    *rows("A", "/admin/products/:id/variants/batch", "POST"),
    *rows("A", "/admin/price-lists", "GET", "POST"),
    *rows("A", "/admin/price-lists/:id", "GET", "DELETE"),
    *rows("A", "/admin/price-lists/:id/prices/batch", "POST"),
    *rows("A", "/admin/uploads", "POST"),
    *rows("A", "/admin/uploads/presigned-urls", "POST"),
    *rows("A", "/admin/products/import", "POST"),
    *rows("A", "/admin/products/imports", "POST"),
    *rows("A", "/admin/products/imports/:id/confirm", "POST"),
    *rows("A", "/admin/products/export", "POST"),
    *rows("A", "/admin/inventory-items", "GET"),
    *rows("A", "/admin/inventory-items/:id/location-levels/:location_id", "POST"),
    *rows("A", "/admin/orders", "GET"),
    *rows("A", "/admin/orders/:id", "GET"),
    *rows("A", "/admin/orders/:id/cancel", "POST"),
    *rows("A", "/admin/orders/:id/complete", "POST"),
    *rows("A", "/admin/orders/:id/archive", "POST"),
    *rows("A", "/admin/payments/:id/capture", "POST"),
    *rows("A", "/admin/payments/:id/refund", "POST"),
    *rows("A", "/admin/orders/:id/fulfillments", "POST"),
    *rows("A", "/admin/orders/:id/fulfillments/:fulfillment_id/shipments", "POST"),
    *rows("A", "/admin/orders/:id/fulfillments/:fulfillment_id/mark-as-delivered", "POST"),
    *rows("A", "/admin/orders/:id/fulfillments/:fulfillment_id/cancel", "POST"),
    *rows("A", "/admin/returns", "GET", "POST"),
    *rows("A", "/admin/returns/:id/request-items", "POST"),
    *rows("A", "/admin/returns/:id/shipping-method", "POST"),
    *rows("A", "/admin/returns/:id/request", "POST"),
    *rows("A", "/admin/returns/:id/receive", "POST"),
    *rows("A", "/admin/returns/:id/receive-items", "POST"),
    *rows("A", "/admin/returns/:id/receive/confirm", "POST"),
    *rows("A", "/admin/returns/:id/dismiss-items", "POST"),
    *rows("A", "/admin/returns/:id/cancel", "POST"),
    *rows("A", "/admin/return-reasons", "GET", "POST"),
    *rows("A", "/admin/refund-reasons", "GET"),
    *rows("A", "/admin/api-keys", "GET", "POST"),
    *rows("A", "/admin/api-keys/:id/revoke", "POST"),
    *rows("A", "/admin/api-keys/:id/sales-channels", "POST"),
)


def find_row(method: str, path: str) -> Row | None:
    """The row that a call belongs to: the one with most words in common."""
    fitting = [row for row in INDEX if row.method == method and fits(row.path, path)]
    return max(fitting, key=lambda row: len(words_of(row.path)), default=None)


def words_of(path: str) -> list[str]:
    """The parts of a path that are no parameter."""
    return [part for part in path.split("/") if not part.startswith(":")]


def fits(pattern: str, path: str) -> bool:
    """Whether the path is one of this pattern."""
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        want == part or (want.startswith(":") and part != "") for want, part in zip(wanted, given, strict=True)
    )
