"""A Medusa v2 shop read through its Admin API with a secret key: only GET leaves, redirects are not followed.

The key goes to https alone, or to this machine itself. There is no snapshot: whoever imports compares the counts of
before and after.
"""

import base64
import http.client
import ssl
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlencode, urlsplit

from app.gateways.errors import Retryable, Terminal
from app.gateways.medusa import PAGE, Document, Kind, read_json

_TIMEOUT_SECONDS = 60
_TRIES = 4
_WAIT_SECONDS = 0.25
_MOST_READ = 64 * 1024 * 1024
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_BUSY = frozenset({429, 502, 503, 504})

_ADDRESS = "first_name,last_name,company,phone,address_1,address_2,city,province,postal_code,country_code,metadata"
_ORDER_FIELDS = (
    "id,display_id,custom_display_id,status,version,email,currency_code,region_id,sales_channel_id,customer_id,"
    "metadata,created_at,updated_at,canceled_at,summary,*items,*items.detail,*items.tax_lines,*items.adjustments,"
    "*shipping_methods,*shipping_methods.tax_lines,*shipping_methods.adjustments,*shipping_address,*billing_address,"
    "*payment_collections,*payment_collections.payments,*payment_collections.payments.captures,"
    "*payment_collections.payments.refunds,*fulfillments,*fulfillments.items,*fulfillments.labels"
)
# Where each kind is, the key of its list in the answer, and what of it is asked for.
_PLACES: dict[Kind, tuple[str, str, str]] = {
    "store": ("stores", "stores", "id,name"),
    "price_preference": ("price-preferences", "price_preferences", "id,attribute,value,is_tax_inclusive"),
    "region": ("regions", "regions", "id,name,currency_code,*countries"),
    "sales_channel": ("sales-channels", "sales_channels", "id,name"),
    "category": (
        "product-categories", "product_categories",
        "id,name,handle,description,rank,is_active,is_internal,parent_category_id,metadata",
    ),
    "collection": ("collections", "collections", "id,title,handle,metadata"),
    "tag": ("product-tags", "product_tags", "id,value,metadata"),
    "type": ("product-types", "product_types", "id,value,metadata"),
    "product": (
        "products", "products",
        "*options,*options.values,*images,*tags,*categories,*sales_channels,*variants,*variants.options,"
        "*variants.images,*variants.prices,variants.prices.price_rules.value,variants.prices.price_rules.attribute,"
        "*variants.inventory_items,id,title,subtitle,description,handle,status,is_giftcard,discountable,thumbnail,"
        "collection_id,type_id,weight,length,height,width,hs_code,origin_country,mid_code,material,external_id,"
        "metadata,created_at",
    ),
    "inventory_item": ("inventory-items", "inventory_items", "id,sku,*location_levels"),
    "price_list": (
        "price-lists", "price_lists",
        "id,title,description,status,type,starts_at,ends_at,price_list_rules.value,price_list_rules.attribute,"
        "prices.id,prices.currency_code,prices.amount,prices.min_quantity,prices.max_quantity,"
        "prices.price_set.variant.id,prices.price_rules.value,prices.price_rules.attribute",
    ),
    "customer": (
        "customers", "customers",
        "id,email,has_account,first_name,last_name,phone,company_name,metadata,created_at,addresses.id,"
        "addresses.address_name,addresses.is_default_shipping,addresses.is_default_billing,"
        + ",".join(f"addresses.{name}" for name in _ADDRESS.split(",")),
    ),
    "order": ("orders", "orders", _ORDER_FIELDS),
}  # fmt: skip


class MedusaApi:
    """One shop and its secret key (`sk_...`)."""

    way: Literal["database", "api"] = "api"

    def __init__(self, url: str, key: str) -> None:
        try:
            parts = urlsplit(url)
            is_port = parts.port is None or parts.port > 0
        except ValueError:
            raise Terminal("medusa", "address_unusable") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username or not is_port:
            raise Terminal("medusa", "address_unusable")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise Terminal("medusa", "https_needed")
        self._parts = parts
        self._path = parts.path.rstrip("/").removesuffix("/admin")
        self._secret = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self._connection: http.client.HTTPConnection | None = None
        self._of_lists: frozenset[object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def count(self, kind: Kind) -> int:
        """What the API says there is."""
        return _count(self._get(kind, limit=1, offset=0, fields="id"))

    def find_highest_number(self) -> int | None:
        """The API sorts by it."""
        answer = self._get("order", limit=1, offset=0, fields="id,display_id", order="-display_id")
        numbers = [each.get("display_id") for each in _dicts(answer.get("orders"))]
        return next((number for number in numbers if isinstance(number, int)), None)

    def read(self, kind: Kind) -> Iterator[list[Document]]:
        """Page by page, oldest first."""
        _, name, fields = _PLACES[kind]
        offset = 0
        while True:
            answer = self._get(kind, limit=PAGE, offset=offset, fields=fields)
            page = answer.get(name)
            if not isinstance(page, list) or not all(isinstance(each, dict) for each in page):
                raise Terminal("medusa", "answer_not_understood")
            if page:
                yield [self._without_list_prices(each) for each in page] if kind == "product" else page
            offset += len(page)
            if not page or offset >= _count(answer):
                return

    def _without_list_prices(self, product: Document) -> Document:
        """A variant's prices are told with those of price lists, and without a word of which is which."""
        if self._of_lists is None:
            lists = [each for page in self.read("price_list") for each in page]
            self._of_lists = frozenset(price.get("id") for each in lists for price in _dicts(each.get("prices")))
        variants = [
            {**variant, "prices": [each for each in _dicts(variant.get("prices")) if each["id"] not in self._of_lists]}
            for variant in _dicts(product.get("variants"))
        ]
        return {**product, "variants": variants}

    def _get(self, kind: Kind, *, limit: int, offset: int, fields: str, order: str = "created_at") -> Document:
        query = urlencode({"limit": limit, "offset": offset, "order": order, "fields": fields}, safe=",*")
        path = f"{self._path}/admin/{_PLACES[kind][0]}?{query}"
        for attempt in range(1, _TRIES):
            try:
                return self._ask(path)
            except Retryable:
                self._close()
                time.sleep(_WAIT_SECONDS * attempt)
        return self._ask(path)

    def _ask(self, path: str) -> Document:
        connection = self._connect()
        try:
            connection.request("GET", path, headers={"Authorization": self._secret, "Accept": "application/json"})
            answer = connection.getresponse()
            body = answer.read(_MOST_READ + 1)
        except (OSError, http.client.HTTPException):
            raise Retryable("medusa", "unreachable") from None
        if answer.status in _BUSY or answer.status >= 500:
            raise Retryable("medusa", "unavailable", http_status=answer.status)
        if answer.status in (401, 403):
            raise Terminal("medusa", "key_refused", http_status=answer.status)
        if answer.status != 200 or len(body) > _MOST_READ:
            raise Terminal("medusa", "answer_not_understood", http_status=answer.status)
        return _parse(body)

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._parts.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _parse(body: bytes) -> Document:
    try:
        answer = read_json(body)
    except (ValueError, RecursionError):
        raise Terminal("medusa", "answer_not_understood") from None
    if not isinstance(answer, dict):
        raise Terminal("medusa", "answer_not_understood")
    return answer


def _dicts(value: object) -> list[Document]:
    return [each for each in value if isinstance(each, dict) and "id" in each] if isinstance(value, list) else []


def _count(answer: Document) -> int:
    count = answer.get("count")
    if not isinstance(count, int):
        raise Terminal("medusa", "answer_not_understood")
    return count
