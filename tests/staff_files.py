"""Somebody of the shop who sends files, before the application in this process."""

import httpx2

from app.core.auth import Principal
from app.core.callers import create_bearer
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.staff.models import StaffUser
from tests.in_process import RunJobs
from tests.money_back import Staff
from tests.shop_front import Json

Sent = tuple[str, bytes, str]


def hire_into(http: httpx2.Client, role: str = "staff") -> Staff:
    """An account of this role, before this application."""
    with unit_of_work("test") as session:
        session.add(StaffUser(id=f"user_{role}", email=f"{role}@example.com", role=role, token_version=1))
    token = create_bearer(Principal("user", f"user_{role}", f"user_{role}", 1))
    return Staff(http, {"authorization": f"Bearer {token}"})


def send(staff: Staff, *files: Sent | tuple[str, bytes], field: str = "files") -> httpx2.Response:
    """POST /admin/uploads as a browser does."""
    return staff.http.post("/admin/uploads", headers=staff.headers, files=[(field, each) for each in files])


def taken(answer: httpx2.Response) -> list[Json]:
    """The files of an answer that took them."""
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["files"]
    return found


def path_of(url: object) -> str:
    """The path of a picture's address."""
    return str(url).removeprefix(get_settings().public_url.rstrip("/"))


def encode_all(run_jobs: RunJobs) -> None:
    """Let the worker make what is shown."""
    assert run_jobs() == []


def read_file(staff: Staff, file_id: object) -> Json:
    """GET /admin/uploads/:id."""
    answer = staff.get(f"/uploads/{file_id}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["file"]
    return found
