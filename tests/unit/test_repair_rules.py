"""Which endpoint is kept, when another is made; none is switched off before another one's secret is in force."""

import pytest

from app.gateways.stripe import Endpoint
from app.ops.decide_repair import MARK, RETIRED, Marks, Repair, WantedEndpoint, compute_mark, decide_repair

URL, ALIAS = "https://shop.example/stripe/webhook", "https://shop.example/hooks/payment/stripe"
WANTED = WantedEndpoint((URL, ALIAS), ("a",), "new")
CURRENT, PREVIOUS, WAITING, LOST = (compute_mark(f"whsec_{name}") for name in ("now", "before", "file", "lost"))
MARKS = Marks(CURRENT, PREVIOUS, WAITING)


def endpoint(name: str, mark: str = "", version: str = "new", url: str = URL, *, is_enabled: bool = True) -> Endpoint:
    metadata = {MARK: mark} if mark else {}
    return Endpoint(name, url, "enabled" if is_enabled else "disabled", version, ("a",), metadata)


def names(repair: Repair) -> tuple[str, bool, str, set[str]]:
    """Who is kept, whether another is made, who is awaited, who goes."""
    kept, awaited = (each.id if each else "" for each in (repair.kept, repair.awaited))
    return kept, repair.is_new_needed, awaited, {each.id for each in repair.superseded}


BY_HAND, OLD = endpoint("hand"), endpoint("old", version="old")
IN_FORCE = endpoint("new", CURRENT)
RETIRED_ONE = Endpoint("gone", URL, "disabled", "new", ("a",), {RETIRED: "true", MARK: PREVIOUS})


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ([], ("", True, "", set())),
        ([endpoint("strange", url="https://other.example/stripe/webhook")], ("", True, "", set())),
        ([BY_HAND], ("hand", False, "", set())),
        ([endpoint("alias", url=ALIAS)], ("alias", False, "", set())),
        ([endpoint("slash", url=f"{URL}/")], ("slash", False, "", set())),
        ([endpoint("off", is_enabled=False)], ("off", False, "", set())),
        ([BY_HAND, endpoint("off", is_enabled=False)], ("hand", False, "", set())),
        ([endpoint("moved", CURRENT, url="https://before.example/stripe/webhook")], ("moved", False, "", set())),
        ([endpoint("rolled", PREVIOUS)], ("rolled", False, "", set())),
        # Nobody knows whose secret is in force: a third one takes over from both.
        ([BY_HAND, endpoint("other")], ("", True, "", set())),
        ([OLD], ("old", True, "", set())),
        ([OLD, endpoint("made", WAITING)], ("old", False, "made", set())),
        ([OLD, endpoint("made", WAITING, version="older")], ("old", True, "", set())),
        ([OLD, endpoint("made", WAITING, is_enabled=False)], ("old", True, "", set())),
        ([OLD, endpoint("made", LOST)], ("old", True, "", set())),
        ([endpoint("made", LOST)], ("", True, "", set())),
        ([OLD, IN_FORCE, endpoint("made", LOST)], ("new", False, "", {"old", "made"})),
        ([IN_FORCE, endpoint("before", PREVIOUS)], ("new", False, "", {"before"})),
        ([IN_FORCE, RETIRED_ONE], ("new", False, "", set())),
        ([RETIRED_ONE], ("", True, "", set())),
        # In force, and of the version before the next one: it delivers until another can.
        ([endpoint("new", CURRENT, version="old"), RETIRED_ONE], ("new", True, "", set())),
        # Right by hand, beside another: it is not switched off on a guess.
        ([BY_HAND, endpoint("made", LOST)], ("hand", True, "", set())),
    ],
)
def test_what_is_kept_made_awaited_and_switched_off(
    endpoints: list[Endpoint], expected: tuple[str, bool, str, set[str]]
) -> None:
    for given in (endpoints, endpoints[::-1]):
        assert names(decide_repair(given, WANTED, MARKS)) == expected


def test_without_a_waiting_secret_no_unmarked_endpoint_is_awaited() -> None:
    repair = decide_repair([OLD, endpoint("other", version="old")], WANTED, Marks(CURRENT))
    assert names(repair) == ("", True, "", set())
    assert compute_mark("") == ""
