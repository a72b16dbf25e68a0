"""The watch over the logs of a run: a line that leaks is found, wherever it was written."""

import pytest

from app.core.log import ALLOWED_FIELDS
from tests.log_watch import CANARIES, NGINX_FIELDS, faults_of


@pytest.mark.parametrize("what", CANARIES)
def test_a_canary_is_found_as_it_is_and_as_it_is_written_elsewhere(what: str) -> None:
    text = CANARIES[what]
    escaped = text.encode("ascii", "backslashreplace").decode().replace("\\xe9", "\\u00e9").replace("\\xef", "\\u00ef")
    for line in (text, f'{{"message": "{text}"}}', f'{{"message": "{escaped}"}}', f"Traceback\nValueError: {text}"):
        (fault,) = faults_of(line)
        assert fault.startswith(f"{what} is logged: ")
        assert text not in fault


def test_a_field_outside_the_list_is_found_and_those_inside_are_not() -> None:
    ours = ", ".join(f'"{name}": 1' for name in ALLOWED_FIELDS)
    front = ", ".join(f'"{name}": 1' for name in NGINX_FIELDS - {"event"})
    assert list(faults_of(f"{{{ours}}}")) == []
    assert list(faults_of(f'{{{front}, "event": "http_access"}}')) == []
    assert list(faults_of(f'{{{ours}, "email": 1, "args": 2}}')) == ["fields outside the closed list: args, email"]
    assert list(faults_of('{"event": "http_access", "query": 1}')) == ["fields outside the closed list: query"]
