"""What is measured: the storefront's calls, as the Next.js starter makes them."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.measure import Goal, Operation
from bench.purchase import buy, cart_path
from bench.servers import Database
from bench.shop import PASSWORD, Shop
from bench.webhooks import News
from bench.wire import Client, Json, WrongAnswer, with_query

FRESH_SECONDS = 1.0
CATEGORY_FIELDS = "*category_children, *products, *parent_category, *parent_category.parent_category"


@dataclass
class Acts:
    """The single acts, with what they remember between two of them."""

    client: Client
    shop: Shop
    database: Database
    news: News
    settle: Callable[[], None]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    carts: list[str] = field(default_factory=list)
    page: list[str] = field(default_factory=list)
    marker: str = ""

    def list_products(self) -> None:
        """The first page, as it is."""
        self.client.get(self.shop.list_path)

    def list_changed_products(self) -> None:
        """The same; it must show what has just changed."""
        self._demand_marker(self.shop.list_path)

    def show_product(self) -> None:
        """One product by handle."""
        self.client.get(self.product_path)

    def show_changed_product(self) -> None:
        """The same; it must show what has just changed."""
        self._demand_marker(self.product_path)

    def _demand_marker(self, path: str) -> None:
        """Ask; on a busy machine the news of the change may come a moment later, but never a second later."""
        deadline = time.monotonic() + FRESH_SECONDS
        while self.marker.encode() not in self.client.get(path).body:
            if time.monotonic() > deadline:
                raise WrongAnswer("an old text is shown a second after a change")

    @property
    def product_path(self) -> str:
        """How the starter asks for the page of a product."""
        return self.shop.products_path(handle=self.page[0], limit=1)

    def change_page(self) -> None:
        """Every product that the list shows gets another subtitle."""
        self._change(self.page)

    def change_one(self) -> None:
        """One product of the list gets another subtitle."""
        self._change(self.page[:1])

    def _change(self, handles: Sequence[str]) -> None:
        self.marker = f"Version {next(self.numbers)}"
        listed = ", ".join(f"'{handle}'" for handle in handles)
        self.database.write(
            f"UPDATE product SET subtitle = '{self.marker}', updated_at = now() WHERE handle IN ({listed})"
        )
        self.settle()

    def look_at_page(self) -> list[str]:
        """What the measured list shows: remembers its products, gives a variant of each."""
        products: list[Json] = self.client.get(self.shop.list_path).json()["products"]  # type: ignore[assignment]
        self.page = [str(product["handle"]) for product in products]
        return [str(product["variants"][0]["id"]) for product in products]  # type: ignore[index]

    def list_categories(self) -> None:
        """As they are, nothing asked for."""
        self.client.get("/store/product-categories?limit=100")

    def list_categories_whole(self) -> None:
        """The menu of the starter: with what is on each shelf."""
        self.client.get(with_query("/store/product-categories", fields=CATEGORY_FIELDS, limit=100))

    def list_regions(self) -> None:
        """Its middleware, before every page."""
        self.client.get("/store/regions")

    def search(self) -> None:
        """A word with an accent missing and a letter wrong."""
        self.client.get(self.shop.products_path(q="Zephir", limit=12))

    def make_carts(self, count: int) -> None:
        """Carts of one line."""
        item = {"variant_id": self.shop.goods.variant_ids[0], "quantity": 1}
        body = {"region_id": self.shop.goods.region_id, "items": [item]}
        self.carts = []
        for _ in range(count):
            cart: Json = self.client.post("/store/carts", body).json()["cart"]  # type: ignore[assignment]
            self.carts.append(str(cart["id"]))

    def read_cart(self) -> None:
        """The cart of a page, with the starter's fields."""
        self.client.get(cart_path(self.shop.unpaid_cart_id))

    def add_line(self) -> None:
        """A second line."""
        body = {"variant_id": self.shop.goods.variant_ids[1], "quantity": 1}
        self.client.post(f"/store/carts/{self.carts.pop()}/line-items", body)

    def log_in(self) -> None:
        """Another account each time: the limits count by account."""
        email = f"cliente-{1 + next(self.numbers) % 900}@example.com"
        self.client.post("/auth/customer/emailpass", {"email": email, "password": PASSWORD})

    def log_in_unknown(self) -> None:
        """The same with an address that nobody has."""
        email = f"personne-{next(self.numbers)}@example.com"
        self.client.post("/auth/customer/emailpass", {"email": email, "password": PASSWORD}, expect=401)

    def buy(self) -> None:
        """All ten requests."""
        number = next(self.numbers)
        first, second = self.shop.goods.variant_ids[number % 3], self.shop.goods.variant_ids[3]
        buy(self.client, self.shop.goods, first, second, f"cliente-{number}@example.com")


def list_operations(acts: Acts) -> list[Operation]:
    """In the order of the table; goals are those of performance.md §3, Medusa's figures those of its §1."""
    return [*list_catalogue_operations(acts), *list_buying_operations(acts)]


def list_catalogue_operations(acts: Acts) -> list[Operation]:
    """What visitors look at."""
    return [
        Operation("products-cached", "product list of 20, cached", acts.list_products, Goal(0.4, None, 91)),
        Operation(
            "products-uncached",
            "the same, all 20 products just changed",
            acts.list_changed_products,
            Goal(6, 4, 91),
            before=acts.change_page,
            most=40,
        ),
        Operation(
            "products-one-changed",
            "the same, one product just changed",
            acts.list_changed_products,
            before=acts.change_one,
            most=60,
        ),
        Operation("product-cached", "product by handle, cached", acts.show_product, Goal(0.25, None, 43)),
        Operation(
            "product-uncached",
            "the same, just changed",
            acts.show_changed_product,
            Goal(3, None, 43),
            before=acts.change_one,
            most=60,
        ),
        Operation("categories", "categories", acts.list_categories, Goal(None, None, 4.7)),
        Operation("categories-whole", "categories with their products, as the menu asks", acts.list_categories_whole),
        Operation("regions", "regions, before every page", acts.list_regions, Goal(None, None, 3.6)),
        Operation("search", "search with a typo", acts.search),
    ]


def list_buying_operations(acts: Acts) -> list[Operation]:
    """What buyers do, and what Stripe says of it."""
    return [
        Operation("cart-read", "cart read, two lines", acts.read_cart, Goal(3)),
        Operation("cart-add-line", "add a line", acts.add_line, Goal(6), prepare=acts.make_carts, most=100),
        Operation("purchase", "whole purchase, ten requests", acts.buy, Goal(36, 12, 685), most=40),
        Operation("login-known", "login", acts.log_in, Goal(70, None, 92), most=20),
        Operation("login-unknown", "login, unknown address", acts.log_in_unknown, Goal(70, None, 2), most=20),
        Operation(
            "webhook",
            "webhook applied: ledger, order, mail",
            lambda: acts.news.deliver(acts.client),
            Goal(5, 2),
            prepare=acts.news.prepare,
            most=100,
        ),
    ]
