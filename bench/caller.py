"""One shop's storefront as the growth part calls it, and what its calls need made before."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.core.auth import hash_token, new_token
from app.core.ids import new_id
from bench.purchase import ADDRESS, MANUAL, buy
from bench.servers import Database
from bench.shop import MEMBER, PASSWORD, Extras, Shop
from bench.wire import Client, Json, with_query

LOGIN = "/auth/customer/emailpass"
ME = "/store/customers/me"
# The accounts that log in; those beyond are asked about and get another password.
LOGGING_IN = 900
Routes = dict[str, "Route"]


def nothing() -> str:
    """For what needs nothing made before."""
    return ""


@dataclass(frozen=True)
class Route:
    """One way to call a route; `prepare` makes what it is called with."""

    act: Callable[[str], object]
    prepare: Callable[[], str] = nothing


@dataclass
class Caller:
    """One shop's storefront, with a visitor and a member."""

    client: Client
    shop: Shop
    extras: Extras
    database: Database
    turn: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.member = Client(self.client.port, {**self.shop.headers, "authorization": f"Bearer {self.shop.token}"})

    @property
    def received(self) -> int:
        """Bytes that came."""
        return self.client.received + self.member.received

    def number(self, most: int) -> int:
        """Another one each time, from 1 on."""
        return 1 + next(self.turn) % most

    def pages(self, **given: str | int) -> Route:
        """A list of products, each time another page."""
        return self.get(lambda: self.shop.products_path(limit=12, offset=self.number(30), **given))

    def get(self, path: Callable[[], str]) -> Route:
        """A visitor's reading."""
        return Route(lambda _: self.client.get(path()))

    def mine(self, path: Callable[[], str]) -> Route:
        """A member's reading."""
        return Route(lambda _: self.member.get(path()))

    def many(self, path: str, **more: str) -> Route:
        """A short list that is never asked twice with the same limit."""
        return self.get(lambda: with_query(path, **more, limit=self.number(900)))

    def one(self, path: str) -> Route:
        """One thing, each time with other words that change nothing."""
        return self.get(lambda: with_query(path, locale=f"x-{next(self.turn)}"))

    def body(self, path: str, body: object, key: str) -> Json:
        """What a POST answers under this name."""
        found: Json = self.client.post(path, body).json()[key]  # type: ignore[assignment]
        return found

    def cart(self) -> str:
        """A cart of one line."""
        item = {"variant_id": self.shop.goods.variant_ids[0], "quantity": 1}
        return str(self.body("/store/carts", {"region_id": self.shop.goods.region_id, "items": [item]}, "cart")["id"])

    def addressed_cart(self) -> str:
        """One that says where it goes."""
        cart_id, email = self.cart(), f"panier-{next(self.turn)}@example.com"
        addresses = {"shipping_address": ADDRESS, "billing_address": ADDRESS}
        self.client.post(f"/store/carts/{cart_id}", {"email": email, **addresses})
        return cart_id

    def sent_cart(self) -> str:
        """One that says how it goes, too."""
        cart_id = self.addressed_cart()
        self.client.post(f"/store/carts/{cart_id}/shipping-methods", {"option_id": self.shop.goods.shipping_option_id})
        return cart_id

    def owed(self) -> str:
        """The payment collection of such a cart."""
        return str(self.body("/store/payment-collections", {"cart_id": self.sent_cart()}, "payment_collection")["id"])

    def ready_cart(self) -> str:
        """A cart of which only the end is missing."""
        cart_id = self.sent_cart()
        collection = self.body("/store/payment-collections", {"cart_id": cart_id}, "payment_collection")
        self.client.post(f"/store/payment-collections/{collection['id']}/payment-sessions", {"provider_id": MANUAL})
        return cart_id

    def cart_and_line(self) -> str:
        """`CART/line-items/LINE` of a cart of one line."""
        cart_id = self.cart()
        cart: Json = self.client.get(f"/store/carts/{cart_id}").json()["cart"]  # type: ignore[assignment]
        return f"{cart_id}/line-items/{cart['items'][0]['id']}"  # type: ignore[index]

    def reduced_cart(self) -> str:
        """A cart with a promotion's code."""
        cart_id = self.cart()
        self.client.post(f"/store/carts/{cart_id}/promotions", {"promo_codes": [self.extras.code]})
        return cart_id

    def guests_order(self) -> str:
        """The order of somebody without an account."""
        goods = self.shop.goods
        return buy(self.client, goods, goods.variant_ids[0], goods.variant_ids[1], f"e{next(self.turn)}@example.com")

    def order_and_token(self) -> str:
        """One that the member has asked for, and what the mail about it holds: `ORDER TOKEN`."""
        order_id, token = self.guests_order(), new_token()
        self.database.write(
            "INSERT INTO order_transfer (id, order_id, customer_id, token_hash, expires_at) SELECT "
            f"'{new_id('ordtr')}', '{order_id}', id, '{hash_token(token)}', now() + interval '1 hour'"
            f" FROM customer WHERE email = '{MEMBER}' AND has_account"
        )
        return f"{order_id} {token}"

    def order_and_asker(self) -> str:
        """One that nobody has asked for, and the token of an account, another each time: few mails an hour for each."""
        return f"{self.guests_order()} {self.log_in()}"

    def log_in(self) -> str:
        """One of the accounts; its token."""
        body = {"email": f"cliente-{self.number(LOGGING_IN)}@example.com", "password": PASSWORD}
        return str(self.client.post(LOGIN, body).json()["token"])

    def answer_transfer(self, verb: str) -> Route:
        """Whoever reads the mail says yes or no."""

        def act(made: str) -> object:
            order_id, token = made.split()
            return self.client.post(f"/store/orders/{order_id}/transfer/{verb}", {"token": token})

        return Route(act, self.order_and_token)

    def address(self) -> str:
        """An address of the member's book, which would be full soon: the one before goes."""
        book: list[Json] = self.member.get(f"{ME}/addresses").json()["addresses"]  # type: ignore[assignment]
        for each in book[1:]:
            self.member.delete(f"{ME}/addresses/{each['id']}")
        answer: Json = self.member.post(f"{ME}/addresses", ADDRESS).json()["customer"]  # type: ignore[assignment]
        return str(answer["addresses"][-1]["id"])  # type: ignore[index]

    def registered(self) -> str:
        """A registration that is not finished: `EMAIL TOKEN`."""
        email = f"nouvelle-{next(self.turn)}@example.com"
        answer = self.client.post(f"{LOGIN}/register", {"email": email, "password": PASSWORD}).json()
        return f"{email} {answer['token']}"

    def reset_token(self) -> str:
        """What the mail of somebody who forgot a password holds."""
        token, email = new_token(), f"cliente-{LOGGING_IN + self.number(99)}@example.com"
        self.database.write(
            "INSERT INTO password_reset (id, identity_id, token_hash, expires_at) SELECT "
            f"'{new_id('pwreset')}', id, '{hash_token(token)}', now() + interval '1 hour'"
            f" FROM auth_identity WHERE email = '{email}'"
        )
        return token

    def session_cookie(self) -> str:
        """A session of the member, as its cookie."""
        headers = self.member.post("/auth/session").headers.decode("latin-1")
        (line,) = (line for line in headers.split("\r\n") if line.lower().startswith("set-cookie:"))
        return line.partition(":")[2].partition(";")[0].strip()

    def sent_order(self) -> str:
        """`ORDER LINE` of an order whose pieces have arrived; each is asked back once."""
        order_id = f"{self.shop.order_id}-{self.number(Extras.SENT)}"
        ((line_id,),) = self.database.read(
            "SELECT id FROM order_line WHERE order_id = %s AND return_requested_quantity = 0 LIMIT 1", [order_id]
        )
        return f"{order_id} {line_id}"
