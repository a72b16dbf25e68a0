"""`comptoir staff`: links for new accounts and lost passwords; the last owner stays."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.audit_log import AuditLog
from app.core.db import unit_of_work
from tests.command import Done, run_command
from tests.services import ROOT

OWNER = "gerante@boutique.example"
PASSWORDS = ("un long mot de passe", "un autre mot de passe")


def staff(*arguments: str) -> Done:
    return run_command("staff", *arguments, "--json")


def add(email: str, role: str) -> str:
    """The path of the link."""
    done = staff("add", email, "--role", role)
    assert done.code == 0, done.err
    link: str = json.loads(done.out)["invitation_url"]
    return link[link.index("/app/") :]


def log_in(client: TestClient, password: str) -> int:
    return client.post("/auth/user/emailpass", json={"email": OWNER, "password": password}).status_code


def test_a_lost_password_is_replaced_by_a_new_link(client: TestClient) -> None:
    client.post(add(OWNER, "owner"), data={"password": PASSWORDS[0]})
    link = add(OWNER, "owner")
    assert log_in(client, PASSWORDS[0]) == 200
    assert client.post(link, data={"password": PASSWORDS[1]}).status_code == 200
    assert [log_in(client, password) for password in PASSWORDS] == [401, 200]
    command = [str(Path(sys.executable).with_name("comptoir")), "staff", "list", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(listed.stdout) == [{"email": OWNER, "role": "owner", "has_password": True}]


def test_a_lost_password_costs_nobody_the_role_and_the_last_owner_stays_owner(environment: dict[str, str]) -> None:
    """The documents say `staff add` with the address and nothing else: its default made staff of the only owner."""
    add(OWNER, "owner")
    for arguments in (("add", OWNER), ("add", "vendeur@boutique.example")):
        assert staff(*arguments).code == 0
    for nobody in ("", "vendeur", f"{OWNER}\nx"):
        assert staff("add", nobody).code == 2
    refused = staff("add", OWNER, "--role", "readonly")
    assert (refused.code, json.loads(refused.out)["code"]) == (1, "last_owner")
    roles = {account["email"]: account["role"] for account in json.loads(staff("list").out)}
    assert roles == {OWNER: "owner", "vendeur@boutique.example": "staff"}


def test_an_account_is_closed_and_the_last_owner_stays(environment: dict[str, str]) -> None:
    add(OWNER, "owner")
    add("vendeur@boutique.example", "staff")
    refused = staff("remove", OWNER)
    assert (refused.code, json.loads(refused.out)["code"]) == (1, "last_owner")
    unknown = staff("remove", "personne@boutique.example")
    assert (unknown.code, json.loads(unknown.out)["code"]) == (1, "staff_unknown")
    assert staff("remove", "vendeur@boutique.example").code == 0
    assert [account["email"] for account in json.loads(staff("list").out)] == [OWNER]


def test_who_did_what_is_written_down(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_ACTOR", "jeanne")
    add("vendeur@boutique.example", "staff")
    staff("remove", "vendeur@boutique.example")
    with unit_of_work("test") as session:
        acts = list(session.execute(select(AuditLog.actor, AuditLog.action).order_by(AuditLog.id)))
    assert [tuple(act) for act in acts] == [("cli:jeanne", "staff.invited"), ("cli:jeanne", "staff.removed")]
