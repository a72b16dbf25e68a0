"""Whatever is received, promised, released, forgotten and sold in whatever order: no piece is lost or invented.

A plain model in memory follows each step; the database must answer and count like it.
"""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.stock.errors import InsufficientInventory
from app.stock.queries import list_available, list_available_to, list_reserved
from app.stock.service import receive, release, release_expired, reserve, sell
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.shop_front import read_rows

CARTS = ("cart_a", "cart_b", "cart_c")
VARIANTS = (0, 1)

PIECES = st.integers(min_value=1, max_value=6)
WANTED = st.dictionaries(st.sampled_from(VARIANTS), PIECES, min_size=1)
STEPS = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(VARIANTS), PIECES),
    st.tuples(st.just("reserve"), st.sampled_from(CARTS), WANTED),
    st.tuples(st.just("reserve"), st.sampled_from(CARTS), WANTED),
    st.tuples(st.just("sell"), st.sampled_from(CARTS), WANTED),
    st.tuples(st.just("release"), st.sampled_from(CARTS), st.none()),
    st.tuples(st.just("lapse"), st.sampled_from(CARTS), st.none()),
    st.tuples(st.just("sweep"), st.none(), st.none()),
)


@dataclass
class Model:
    """Pieces there by variant, and pieces promised by cart; what has lapsed counts until somebody notices."""

    stocked: dict[int, int] = field(default_factory=lambda: dict.fromkeys(VARIANTS, 0))
    promised: dict[str, dict[int, int]] = field(default_factory=dict)
    lapsed: set[str] = field(default_factory=set)

    def others(self, cart: str, variant: int, *, lapsed_too: bool = True) -> int:
        """Pieces of the variant that are promised to somebody else."""
        return sum(
            pieces.get(variant, 0)
            for holder, pieces in self.promised.items()
            if holder != cart and (lapsed_too or holder not in self.lapsed)
        )

    def fits(self, cart: str, wanted: dict[int, int]) -> bool:
        """Whether so many pieces can be had, and if so, what had lapsed is taken back where it was needed."""
        if any(count > self.stocked[v] - self.others(cart, v, lapsed_too=False) for v, count in wanted.items()):
            return False
        short = [v for v, count in wanted.items() if count > self.stocked[v] - self.others(cart, v)]
        for holder in self.lapsed - {cart}:
            for variant in short:
                self.promised.get(holder, {}).pop(variant, None)
        return True

    def drop(self, cart: str) -> None:
        """Nothing is promised to this cart any more."""
        self.promised.pop(cart, None)
        self.lapsed.discard(cart)


class Shelf:
    """The same steps on the database."""

    def __init__(self, shop: MadeShop, handle: str) -> None:
        with unit_of_work("test") as session:
            product = make_product(session, shop.channel.id, handle=handle, colours=("Noir", "Vert"), stock=0)
        self.ids = [variant.id for variant in product.variants]

    def named(self, wanted: dict[int, int]) -> dict[str, int]:
        return {self.ids[variant]: count for variant, count in wanted.items()}

    def act(self, step: tuple[str, object, object]) -> bool:
        """Whether the step was done; a refused one is rolled back."""
        name, whom, what = step
        try:
            with unit_of_work("test") as session:
                match name, whom, what:
                    case "receive", int(variant), int(count):
                        receive(session, self.ids[variant], count)
                    case "reserve", str(cart), dict(wanted):
                        reserve(session, cart, self.named(wanted))
                    case "sell", str(cart), dict(wanted):
                        sell(session, self.named(wanted), "order_1", cart)
                    case "release", str(cart), _:
                        release(session, cart)
                    case "lapse", str(cart), _:
                        past = "UPDATE stock_reservation SET expires_at = now() - interval '1 s' WHERE cart_id = :cart"
                        session.execute(text(past), {"cart": cart})
                    case "sweep", _, _:
                        release_expired(session, utc_now())
        except InsufficientInventory:
            return False
        return True


def follow(model: Model, step: tuple[str, object, object]) -> bool:
    """The step in the model; whether it can be done."""
    match step:
        case "receive", int(variant), int(count):
            model.stocked[variant] += count
            for cart in model.lapsed:  # whoever changes a level takes back what was promised for too long
                model.promised.get(cart, {}).pop(variant, None)
        case ("reserve" | "sell") as name, str(cart), dict(wanted):
            if not model.fits(cart, wanted):
                return False
            model.drop(cart)
            if name == "reserve":
                model.promised[cart] = dict(wanted)
            else:
                for variant, count in wanted.items():
                    model.stocked[variant] -= count
        case "release", str(cart), _:
            model.drop(cart)
        case "lapse", str(cart), _:
            model.lapsed |= {cart} & model.promised.keys()
        case "sweep", _, _:
            for cart in sorted(model.lapsed):
                model.drop(cart)
    return True


def compare(model: Model, shelf: Shelf) -> None:
    """Levels, reservations, what anybody could have, and the sum of all movements."""
    with unit_of_work("test") as session:
        received = {v for v in VARIANTS if shelf.ids[v] in list_available(session, shelf.ids)}
        assert list_available(session, shelf.ids) == {
            shelf.ids[v]: model.stocked[v] - model.others("", v) for v in received
        }
        for cart in CARTS:
            promised = {v: count for v, count in model.promised.get(cart, {}).items() if count}
            assert list_reserved(session, cart) == shelf.named(promised)
            assert list_available_to(session, cart, shelf.ids, utc_now()) == {
                shelf.ids[v]: model.stocked[v] - model.others(cart, v, lapsed_too=False) for v in received
            }
    moved = {
        str(variant): count
        for variant, count in read_rows(
            "SELECT variant_id, sum(delta)::int FROM stock_movement WHERE variant_id = ANY(:ids) GROUP BY variant_id",
            ids=shelf.ids,
        )
    }
    assert moved == {shelf.ids[v]: model.stocked[v] for v in received}


def test_no_piece_is_lost_or_invented(shop: MadeShop) -> None:
    number = 0

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(STEPS, min_size=4, max_size=14))
    def run(steps: list[tuple[str, object, object]]) -> None:
        nonlocal number
        number += 1
        shelf, model = Shelf(shop, f"p-{number}"), Model()
        for cart in CARTS:  # what the example before left
            shelf.act(("release", cart, None))
        opening = [("receive", variant, 6) for variant in VARIANTS]
        for step in (*opening, *steps):
            assert shelf.act(step) == follow(model, step), step
        compare(model, shelf)

    run()
