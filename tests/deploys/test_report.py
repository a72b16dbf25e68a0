"""What a run changed, read from pyinfra's own answer."""

import json

from infra.report import Report, read_report


def answer(*operations: dict[str, object]) -> str:
    """pyinfra's answer for one host."""
    return json.dumps({"plan": [], "results": {"operations": operations, "totals": {}, "failed_hosts": []}})


def operation(name: str, outcome: str) -> dict[str, object]:
    """One operation that ended like this on the host."""
    return {"name": name, **{key: ["host"] if key == outcome else [] for key in ("success", "no_change", "error")}}


def test_a_run_that_changed_nothing() -> None:
    report = read_report(answer(operation("Packages", "no_change"), operation("Firewall", "no_change")))

    assert report == Report((), ())
    assert report.sentence(3.2) == "0 changement / 0 changes, 3 s"


def test_changes_and_errors_are_named() -> None:
    report = read_report(answer(operation("Packages", "success"), operation("Release v1", "error")))

    assert report.sentence(61) == "1 changement / 1 change, 61 s, ÉCHEC / FAILED: Release v1"
    assert not report.is_success


def test_a_run_that_never_began_is_no_success() -> None:
    assert read_report("") == Report((), ("pyinfra",))
    assert read_report('{"plan": [], "results": null}') == Report((), ("pyinfra",))
