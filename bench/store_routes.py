"""Every route of the Store API and of its logins, by method and path, as both shops are asked.

Each time something else is asked where an answer would be kept, so that it is composed; what a call needs (a cart with
a line, a guest's order) is made just before and not measured. `tests/bench` compares this list with the application's.
"""

from bench.caller import LOGGING_IN, LOGIN, ME, Caller, Route, Routes
from bench.operations import CATEGORY_FIELDS
from bench.purchase import ADDRESS, MANUAL, cart_path
from bench.servers import STOREFRONT
from bench.shop import MEMBER, PASSWORD, PRODUCT_FIELDS
from bench.wire import with_query


def list_routes(caller: Caller) -> Routes:
    """All of them: method and path, and what is asked where there are several ways to ask."""
    return {
        **product_routes(caller),
        **group_routes(caller),
        **cart_routes(caller),
        **checkout_routes(caller),
        **order_routes(caller),
        **customer_routes(caller),
        **login_routes(caller),
    }


def product_routes(c: Caller) -> Routes:
    """Products by everything they are found by, and variants."""
    list_path, ids = "GET /store/products", c.extras
    variant_id = c.shop.goods.variant_ids[0]
    return {
        f"{list_path}, a page": c.pages(),
        f"{list_path}, by title": c.pages(order="title"),
        f"{list_path}, by handle": c.get(lambda: c.shop.products_path(handle=f"aura-{c.number(400)}")),
        f"{list_path}, of a category": c.pages(category_id=ids.category_id),
        f"{list_path}, of a collection": c.pages(collection_id=ids.collection_id),
        f"{list_path}, with a tag": c.pages(tag_id=ids.tag_id),
        f"{list_path}, of a type": c.pages(type_id=ids.type_id),
        f"{list_path}, found": c.get(lambda: c.shop.products_path(q=f"Zéphyr {12 * c.number(30) + 8}")),
        f"{list_path}, found with a typo": c.get(lambda: c.shop.products_path(q=f"Zefir {next(c.turn)}")),
        f"{list_path}, nothing found": c.get(lambda: c.shop.products_path(q=f"xyzzy{next(c.turn)}")),
        "GET /store/products/{product_id}": c.get(
            lambda: with_query(f"/store/products/{ids.product_id}-{c.number(490)}", fields=PRODUCT_FIELDS)
        ),
        "GET /store/product-variants, a page": c.get(
            lambda: f"/store/product-variants?limit=20&offset={next(c.turn) % 900}"
        ),
        "GET /store/product-variants, found": c.get(
            lambda: with_query("/store/product-variants", q=f"AURA-1-{100 + c.number(390)}", limit=20)
        ),
        "GET /store/product-variants/{variant_id}": c.get(
            lambda: f"/store/product-variants/{variant_id}-{c.number(490)}"
        ),
    }


def group_routes(c: Caller) -> Routes:
    """What products are sorted by, and the short lists."""
    ids, products = c.extras, {"fields": "*products"}
    return {
        "GET /store/product-categories": c.many("/store/product-categories"),
        "GET /store/product-categories, with products": c.many("/store/product-categories", fields=CATEGORY_FIELDS),
        "GET /store/product-categories/{category_id}": c.one(f"/store/product-categories/{ids.category_id}"),
        "GET /store/collections": c.many("/store/collections"),
        "GET /store/collections, with products": c.many("/store/collections", **products),
        "GET /store/collections/{collection_id}": c.one(f"/store/collections/{ids.collection_id}"),
        "GET /store/product-tags": c.many("/store/product-tags"),
        "GET /store/product-tags, with products": c.many("/store/product-tags", **products),
        "GET /store/product-tags/{tag_id}": c.one(f"/store/product-tags/{ids.tag_id}"),
        "GET /store/product-types": c.many("/store/product-types"),
        "GET /store/product-types, with products": c.many("/store/product-types", **products),
        "GET /store/product-types/{type_id}": c.one(f"/store/product-types/{ids.type_id}"),
        "GET /store/product-options": c.many("/store/product-options"),
        "GET /store/product-options/{option_id}": c.one(f"/store/product-options/{ids.option_id}"),
        "GET /store/regions": c.many("/store/regions"),
        "GET /store/regions/{region_id}": c.one(f"/store/regions/{c.shop.goods.region_id}"),
        "GET /store/currencies": c.many("/store/currencies"),
        "GET /store/currencies/{code}": c.one("/store/currencies/eur"),
        "GET /store/return-reasons": c.many("/store/return-reasons"),
        "GET /store/return-reasons/{reason_id}": c.one(f"/store/return-reasons/{ids.reason_id}"),
    }


def cart_routes(c: Caller) -> Routes:
    """Everything that makes or changes a cart."""
    cart, goods = "/store/carts/{cart_id}", c.shop.goods
    item = {"variant_id": goods.variant_ids[1], "quantity": 1}
    codes = {"promo_codes": [c.extras.code]}
    whole = {"email": "panier@example.com", "shipping_address": ADDRESS, "billing_address": ADDRESS}
    return {
        "POST /store/carts": Route(lambda _: c.client.post("/store/carts", {"region_id": goods.region_id})),
        f"GET {cart}": c.get(lambda: cart_path(c.shop.unpaid_cart_id)),
        f"POST {cart}": Route(lambda made: c.client.post(f"/store/carts/{made}", whole), c.cart),
        f"POST {cart}/customer": Route(lambda made: c.member.post(f"/store/carts/{made}/customer"), c.cart),
        f"POST {cart}/promotions": Route(lambda made: c.client.post(f"/store/carts/{made}/promotions", codes), c.cart),
        f"DELETE {cart}/promotions": Route(
            lambda made: c.client.delete(f"/store/carts/{made}/promotions", codes), c.reduced_cart
        ),
        f"POST {cart}/taxes": Route(lambda made: c.client.post(f"/store/carts/{made}/taxes"), c.cart),
        f"POST {cart}/line-items": Route(lambda made: c.client.post(f"/store/carts/{made}/line-items", item), c.cart),
        f"POST {cart}/line-items/{{line_id}}": Route(
            lambda made: c.client.post(f"/store/carts/{made}", {"quantity": 2}), c.cart_and_line
        ),
        f"DELETE {cart}/line-items/{{line_id}}": Route(
            lambda made: c.client.delete(f"/store/carts/{made}"), c.cart_and_line
        ),
        f"POST {cart}/shipping-methods": Route(
            lambda made: c.client.post(
                f"/store/carts/{made}/shipping-methods", {"option_id": goods.shipping_option_id}
            ),
            c.addressed_cart,
        ),
    }


def checkout_routes(c: Caller) -> Routes:
    """What leads from a cart to an order."""
    goods, sessions = c.shop.goods, "/store/payment-collections/{collection_id}/payment-sessions"
    calculate = f"/store/shipping-options/{goods.shipping_option_id}/calculate"
    return {
        "GET /store/shipping-options": c.get(lambda: f"/store/shipping-options?cart_id={c.shop.unpaid_cart_id}"),
        "POST /store/shipping-options/{option_id}/calculate": Route(
            lambda _: c.client.post(calculate, {"cart_id": c.shop.unpaid_cart_id})
        ),
        "GET /store/payment-providers": c.get(lambda: f"/store/payment-providers?region_id={goods.region_id}"),
        "POST /store/payment-collections": Route(
            lambda made: c.client.post("/store/payment-collections", {"cart_id": made}), c.sent_cart
        ),
        f"POST {sessions}": Route(
            lambda made: c.client.post(f"/store/payment-collections/{made}/payment-sessions", {"provider_id": MANUAL}),
            c.owed,
        ),
        "POST /store/carts/{cart_id}/complete": Route(
            lambda made: c.client.post(f"/store/carts/{made}/complete"), c.ready_cart
        ),
    }


def order_routes(c: Caller) -> Routes:
    """What became of it."""
    order = "/store/orders/{order_id}"
    return {
        f"GET {order}": c.get(lambda: f"/store/orders/{c.shop.order_id}"),
        "GET /store/orders": c.mine(lambda: "/store/orders?limit=10"),
        "GET /store/orders, the last ones": c.mine(lambda: "/store/orders?limit=10&order=-created_at"),
        f"POST {order}/transfer/request": Route(lambda made: ask_for(c, *made.split()), c.order_and_asker),
        f"POST {order}/transfer/accept": c.answer_transfer("accept"),
        f"POST {order}/transfer/decline": c.answer_transfer("decline"),
        f"POST {order}/transfer/cancel": Route(
            lambda made: c.member.post(f"/store/orders/{made.split()[0]}/transfer/cancel"), c.order_and_token
        ),
        "POST /store/returns": Route(lambda made: ask_back(c, *made.split()), c.sent_order),
    }


def ask_for(c: Caller, order_id: str, token: str) -> object:
    """In an account, for the order of somebody without one."""
    return c.client.post(f"/store/orders/{order_id}/transfer/request", {}, headers={"authorization": f"Bearer {token}"})


def ask_back(c: Caller, order_id: str, line_id: str) -> object:
    """One piece, with the e-mail of the order."""
    body = {
        "order_id": order_id,
        "email": MEMBER,
        "items": [{"id": line_id, "quantity": 1, "reason_id": c.extras.reason_id}],
        "return_shipping": {"option_id": c.extras.way_back_id},
    }
    return c.client.post("/store/returns", body)


def customer_routes(c: Caller) -> Routes:
    """Accounts and their address books."""
    book = f"{ME}/addresses"

    def sign_up(registered: str) -> object:
        email, token = registered.split()
        return c.client.post("/store/customers", {"email": email}, headers={"authorization": f"Bearer {token}"})

    return {
        "POST /store/customers": Route(sign_up, c.registered),
        f"GET {ME}": c.mine(lambda: ME),
        f"POST {ME}": Route(lambda _: c.member.post(ME, {"first_name": f"Jeanne {next(c.turn)}"})),
        f"GET {book}": c.mine(lambda: book),
        f"POST {book}": Route(lambda _: c.member.post(book, ADDRESS), c.address),
        f"GET {book}/{{address_id}}": Route(lambda made: c.member.get(f"{book}/{made}"), c.address),
        f"POST {book}/{{address_id}}": Route(
            lambda made: c.member.post(f"{book}/{made}", {"city": f"Paris {next(c.turn)}"}), c.address
        ),
        f"DELETE {book}/{{address_id}}": Route(lambda made: c.member.delete(f"{book}/{made}"), c.address),
    }


def login_routes(c: Caller) -> Routes:
    """Passwords, tokens and sessions."""

    def register() -> object:
        return c.client.post(f"{LOGIN}/register", {"email": f"n{next(c.turn)}@example.com", "password": PASSWORD})

    def forget() -> object:
        email = f"cliente-{LOGGING_IN + c.number(99)}@example.com"
        return c.client.post(f"{LOGIN}/reset-password", {"identifier": email}, expect=201)

    def choose_password(token: str) -> object:
        body = {"password": f"{PASSWORD} encore"}
        return c.client.post(f"{LOGIN}/update", body, headers={"authorization": f"Bearer {token}"})

    return {
        f"POST {LOGIN}": Route(lambda _: c.log_in()),
        f"POST {LOGIN}/register": Route(lambda _: register()),
        f"POST {LOGIN}/reset-password": Route(lambda _: forget()),
        f"POST {LOGIN}/update": Route(choose_password, c.reset_token),
        "POST /auth/session": Route(lambda _: c.member.post("/auth/session")),
        "DELETE /auth/session": Route(
            lambda cookie: c.client.delete("/auth/session", headers={"cookie": cookie, "origin": STOREFRONT}),
            c.session_cookie,
        ),
        "POST /auth/token/refresh": Route(lambda _: c.member.post("/auth/token/refresh")),
    }
