"""Who works here and what programs call with: the owner's, kept as hashes, told once, over at once."""

from base64 import b64encode

import httpx2

from tests.money_back import Staff, hire
from tests.shop_front import Buyer, read_rows

ACTS = "SELECT action, actor FROM audit_log WHERE action NOT LIKE 'price.%' ORDER BY id"


def program(http: httpx2.Client, token: str) -> Staff:
    """Somebody with a key."""
    return Staff(http, {"authorization": f"Basic {b64encode(f'{token}:'.encode()).decode()}"})


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_secret_key_is_told_once_works_in_its_own_name_and_ends_at_once(buyer: Buyer) -> None:
    owner = hire(buyer)
    made = owner.post("/api-keys", title="Caisse", type="secret").json()["api_key"]
    token, key_id = made["token"], made["id"]
    assert read_rows("SELECT count(*) FROM secret_key WHERE token_hash LIKE 'sk_%' OR redacted = :t", t=token) == [(0,)]
    assert token not in owner.get("/api-keys").text + owner.get(f"/api-keys/{key_id}").text
    till = program(buyer.http, token)
    assert till.get("/refund-reasons").status_code == 200
    assert read_rows("SELECT last_used_on = current_date FROM secret_key") == [(True,)]
    assert refusal(till.post("/invites", email="ami@example.com")) == (403, "not_for_this_role")
    assert refusal(till.get("/users/me"))[0] == 401, "a program is nobody"
    assert refusal(owner.delete(f"/api-keys/{key_id}")) == (409, "key_still_valid")
    assert owner.post(f"/api-keys/{key_id}/revoke").json()["api_key"]["revoked_by"] == "staff:user_owner"
    assert till.get("/refund-reasons").status_code == 401
    assert program(buyer.http, token[:-1]).get("/refund-reasons").status_code == 401
    assert owner.delete(f"/api-keys/{key_id}").json() == {"id": key_id, "object": "api_key", "deleted": True}
    assert read_rows(ACTS)[-3:] == [
        ("secret_key.create", "staff:user_owner"),
        ("secret_key.revoke", "staff:user_owner"),
        ("api_key.delete", "staff:user_owner"),
    ]


def test_a_key_that_only_reads_writes_nothing(buyer: Buyer) -> None:
    owner = hire(buyer)
    token = owner.post("/api-keys", title="Comptable", type="secret", role="readonly").json()["api_key"]["token"]
    reader = program(buyer.http, token)
    assert reader.get("/audit-log").status_code == 200
    refused = reader.post("/payments/pay_none/capture")
    assert refusal(refused) == (403, "not_for_this_role")
    assert "staff" in refused.json()["message"], "the role that it takes is said"
    assert refusal(owner.post("/api-keys", title="Toute", type="secret", role="owner")) == (400, "invalid_data")


def test_a_storefronts_key_speaks_for_one_channel(buyer: Buyer) -> None:
    owner = hire(buyer)
    key = owner.post("/api-keys", title="Site", type="publishable").json()["api_key"]
    channel = key["sales_channels"][0]["id"]
    path = f"/api-keys/{key['id']}/sales-channels"
    front = {"x-publishable-api-key": key["token"]}
    assert buyer.http.get("/store/regions", headers=front).status_code == 200
    for given in ({"remove": [channel]}, {"add": ["sc_one", "sc_two"]}):
        assert refusal(owner.post(path, **given)) == (400, "key_needs_one_channel")
    assert owner.post(path, add=["sc_none"]).status_code == 404
    assert owner.post(path, add=[channel]).json()["api_key"]["sales_channels"] == [{"id": channel}]
    assert refusal(owner.post("/api-keys", title="Site", type="publishable")) == (422, "invalid_request_error")
    owner.post(f"/api-keys/{key['id']}/revoke")
    assert buyer.http.get("/store/regions", headers=front).json()["code"] == "publishable_key_invalid"


def test_an_invite_is_a_link_for_one_person_and_can_be_taken_back(buyer: Buyer) -> None:
    owner = hire(buyer)
    invite = owner.post("/invites", email="Ami@Example.com", role="readonly").json()["invite"]
    assert (invite["email"], invite["role"], invite["url"].endswith(f"/app/invitation/{invite['token']}")) == (
        "ami@example.com", "readonly", True
    )  # fmt: skip
    page = f"/app/invitation/{invite['token']}"
    again = owner.post(f"/invites/{invite['id']}/resend").json()["invite"]
    assert (buyer.http.get(page).status_code, again["token"] != invite["token"]) == (404, True)
    page = f"/app/invitation/{again['token']}"
    assert buyer.http.get(page).status_code == 200
    (listed,) = owner.get("/invites").json()["invites"]
    assert (listed["id"], listed["token"], listed["url"]) == (invite["id"], None, None)
    assert owner.delete(f"/invites/{invite['id']}").status_code == 200
    assert buyer.http.get(page).status_code == 404
    assert refusal(owner.post(f"/invites/{invite['id']}/resend")) == (404, "invite_not_found")


def test_roles_change_at_once_and_an_owner_stays(buyer: Buyer) -> None:
    owner, clerk = hire(buyer), hire(buyer, "staff")
    for answer in (owner.post("/users/user_owner", role="staff"), owner.delete("/users/user_owner")):
        assert refusal(answer) == (409, "last_owner")
    assert refusal(clerk.get("/users")) == (403, "not_for_this_role")
    assert owner.post("/users/user_staff", role="owner").json()["user"]["role"] == "owner"
    assert clerk.get("/users").status_code == 200
    assert owner.post("/users/user_staff", role="readonly").status_code == 200
    assert refusal(clerk.post("/payments/pay_none/capture")) == (403, "not_for_this_role")
    changes = [act["details"] for act in clerk.get("/audit-log?action=staff.role").json()["audit_log"]]
    assert changes == [
        {"role": {"before": "owner", "after": "readonly"}},
        {"role": {"before": "staff", "after": "owner"}},
    ]
    assert owner.delete("/users/user_staff").status_code == 200
    assert clerk.get("/audit-log").status_code == 401
