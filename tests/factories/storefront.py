"""A storefront's calls: the client with a shop's key in its headers."""

from dataclasses import dataclass

import httpx2
from fastapi.testclient import TestClient

from app.catalogue.models import Product
from app.core.db import unit_of_work
from app.shipping.models import ShippingOption
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import MadeShop


@dataclass(frozen=True)
class Storefront:
    """What a shop's site does."""

    client: TestClient
    shop: MadeShop

    def get(self, path: str, **params: str | int | list[str]) -> httpx2.Response:
        """GET below `/store`."""
        return self.client.get(f"/store{path}", params=params, headers=self.shop.headers)

    def post(self, path: str, body: object = None) -> httpx2.Response:
        """POST a JSON body below `/store`; None sends none, as the SDK does."""
        if body is None:
            return self.client.post(f"/store{path}", headers=self.shop.headers)
        return self.client.post(f"/store{path}", json=body, headers=self.shop.headers)

    def post_raw(self, path: str, body: bytes) -> httpx2.Response:
        """POST bytes that a JSON library would not write."""
        headers = {**self.shop.headers, "content-type": "application/json"}
        return self.client.post(f"/store{path}", content=body, headers=headers)

    def delete(self, path: str, body: object = None) -> httpx2.Response:
        """DELETE below `/store`, with a JSON body if there is one."""
        if body is None:
            return self.client.delete(f"/store{path}", headers=self.shop.headers)
        return self.client.request("DELETE", f"/store{path}", json=body, headers=self.shop.headers)

    def product(
        self,
        *,
        handle: str = "aura",
        colours: tuple[str, ...] = ("Noir",),
        price_cents: int | None = 34_900,
        **over: int,
    ) -> Product:
        """A published product in the key's channel, with ten pieces of each colour (`stock=`)."""
        stock = over.get("stock", 10)
        with unit_of_work("test") as session:
            return make_product(
                session,
                self.shop.channel.id,
                handle=handle,
                title=handle.capitalize(),
                colours=colours,
                price_cents=price_cents,
                stock=stock,
            )

    def shipping_option(
        self, *, code: str = "standard", amount_cents: int = 490, free_from_cents: int | None = None
    ) -> ShippingOption:
        """A way to send within the shop's region."""
        with unit_of_work("test") as session:
            return make_shipping_option(
                session,
                self.shop.region.id,
                code=code,
                name=f"Livraison {code}",
                amount_cents=amount_cents,
                free_from_cents=free_from_cents,
            )

    def cart_id(self, *lines: tuple[str, int]) -> str:
        """A cart with these variants and quantities."""
        items = [{"variant_id": variant_id, "quantity": quantity} for variant_id, quantity in lines]
        answer = self.post("/carts", {"items": items})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["cart"]["id"])
