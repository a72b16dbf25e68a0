"""/store/withdrawals and /retractation: a customer withdraws in two steps, without an account (french-rules §2.5)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.clock import utc_now
from app.core.db import sign_transaction, unit_of_work
from tests.in_process import RunJobs
from tests.money_back import DELIVERY, EMAIL, MONEY, PAID, PIECE, Paid, buy, hire, last_refund
from tests.rows import row
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, read_rows, read_state
from tests.withdrawals import PIECES, ask_for_link, let_link_age, number_of, send_parcel

PARIS = ZoneInfo("Europe/Paris")
STANDING = "SELECT status, is_withdrawal FROM order_return"
ORDER = 'SELECT status, withdrawn_at IS NOT NULL FROM "order"'
TEMPLATES = "SELECT template FROM message WHERE template LIKE 'withdrawal%' ORDER BY created_at, template"
INTENTION = "SELECT status, reason, amount_cents FROM refund"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def token_of(mail: dict[str, object]) -> str:
    """Of the link in a mail."""
    return str(mail["textContent"]).partition("/retractation/")[2].split()[0]


def write_by_hand(statement: str) -> None:
    """A signed statement beside the application."""
    with unit_of_work("by hand") as session:
        sign_transaction(session)
        session.execute(text(statement))


@row("S0-088")
def test_before_it_left_the_order_is_canceled_and_its_money_waits(
    buyer: Buyer, paid: Paid, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    """By HTTP and mail only, a packed parcel that has not left included; the second click changes nothing."""
    stock = read_state()["stock"]
    send_parcel(paid, 1, is_shipped=False)
    asked = buyer.post("/store/withdrawals", order_number=f"#{number_of(paid)}", email="Jeanne@Example.com")
    assert (asked.status_code, asked.json()) == (200, {"withdrawal": {"status": "link_sent"}})
    assert run_jobs() == []
    mail = fake_brevo.mails()[-1]
    assert (mail["to"][0]["email"], "confirmez" in mail["subject"]) == (EMAIL, True)  # type: ignore[index,operator]
    token = token_of(mail)
    shown = buyer.http.get(f"/store/withdrawals/{token}").json()["withdrawal"]
    assert (shown["status"], shown["withdrawal_end"], shown["items"]) == ("asked", None, [])
    assert [(line["title"], line["quantity"]) for line in shown["unsent_items"]] == [("Aura", 2)]
    declared = buyer.post(f"/store/withdrawals/{token}/confirm")
    assert declared.status_code == 200, declared.text
    assert declared.json()["withdrawal"]["status"] == "declared"
    assert (read_rows(ORDER), read_rows(STANDING)) == ([("canceled", True)], [])
    assert read_rows(INTENTION) == [("awaiting_approval", "not_shipped", PAID)]
    assert (read_rows(PIECES), read_state()["stock"]) == ([(0, 0, 0, 0, 0)], stock + 2)
    before = read_state()
    again = buyer.post(f"/store/withdrawals/{token}/confirm")
    assert (again.status_code, again.json(), read_state()) == (200, declared.json(), before)
    assert run_jobs() == []
    subjects = [str(each["subject"]) for each in fake_brevo.mails()]
    (receipt,) = [each for each in fake_brevo.mails() if "Accusé de réception" in str(each["subject"])]
    instant = utc_now().astimezone(PARIS)
    assert f"{instant.day} " in str(receipt["textContent"])
    assert "heure de Paris" in str(receipt["textContent"])
    assert sum("s'est rétracté" in each for each in subjects) == 1


@row("S0-088", "S0-089")
def test_after_it_arrived_a_return_is_approved_and_its_delivery_is_due_too(buyer: Buyer, paid: Paid) -> None:
    send_parcel(paid, 2, delivered_at=utc_now() - timedelta(days=3))
    token = ask_for_link(paid)
    shown = buyer.http.get(f"/store/withdrawals/{token}").json()["withdrawal"]
    assert shown["withdrawal_end"] > utc_now().date().isoformat()
    declared = buyer.post(f"/store/withdrawals/{token}/confirm").json()["withdrawal"]
    assert (declared["send_back_by"] is not None, declared["unsent_items"]) == (True, [])
    assert read_rows(STANDING) == [("approved", True)]
    assert (read_rows(ORDER), read_rows(INTENTION)) == ([("pending", True)], [])
    assert read_rows(PIECES) == [(2, 2, 2, 0, 0)]
    owner = hire(buyer)
    for order in (
        buyer.show_order(paid.order_id).json()["order"],
        owner.get(f"/orders/{paid.order_id}").json()["order"],
    ):
        assert (order["withdrawal_end"], order["withdrawn_at"] is None) == (shown["withdrawal_end"], False)
    refused = owner.refund(paid, return_id=declared["return_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_before_return")
    sent = owner.post(f"/returns/{declared['return_id']}/dispatch", proof_of_dispatch="8R001")
    assert sent.status_code == 200, sent.text
    given = last_refund(owner.refund(paid, return_id=declared["return_id"]))
    assert given["amount"] == (2 * PIECE + DELIVERY) / 100
    assert read_rows(MONEY) == [(PAID, PAID)]


def test_of_what_left_in_part_each_part_goes_its_way(buyer: Buyer, paid: Paid) -> None:
    """One piece is with the customer, the other never leaves: all of the money is due, on two grounds."""
    send_parcel(paid, 1)
    stock = read_state()["stock"]
    declared = buyer.post(f"/store/withdrawals/{ask_for_link(paid)}/confirm").json()["withdrawal"]
    assert [line["quantity"] for line in (*declared["items"], *declared["unsent_items"])] == [1, 1]
    assert read_rows(INTENTION) == [("awaiting_approval", "not_shipped", PIECE)]
    assert (read_rows(ORDER), read_state()["stock"]) == ([("pending", True)], stock + 1)
    owner = hire(buyer)
    more = owner.post(f"/orders/{paid.order_id}/fulfillments", items=[{"id": paid.line_id, "quantity": 1}])
    assert (more.status_code, more.json()["code"]) == (409, "order_withdrawn")
    with pytest.raises(DBAPIError, match="nothing more of it is sent"):
        write_by_hand("UPDATE order_line SET fulfilled_quantity = 2")
    owner.post(f"/returns/{declared['return_id']}/dispatch", proof_of_dispatch="8R001")
    assert last_refund(owner.refund(paid, return_id=declared["return_id"]))["amount"] == (PIECE + DELIVERY) / 100
    ((intention,),) = read_rows("SELECT id FROM refund WHERE reason = 'not_shipped'")
    assert owner.post(f"/refunds/{intention}/approve").json()["refund"]["status"] == "succeeded"
    assert read_rows(MONEY) == [(PAID, PAID)]


@pytest.mark.parametrize(
    ("number", "email"),
    [("RIGHT", "paul@example.com"), ("999999", EMAIL), ("n'importe quoi", EMAIL), ("9" * 50, EMAIL), ("٣", EMAIL)],
)
def test_nobody_learns_whether_there_is_such_an_order(
    buyer: Buyer, paid: Paid, run_jobs: RunJobs, number: str, email: str
) -> None:
    right = buyer.post("/store/withdrawals", order_number=number_of(paid), email=EMAIL)
    wrong = buyer.post("/store/withdrawals", order_number=number.replace("RIGHT", number_of(paid)), email=email)
    assert (wrong.status_code, wrong.json()) == (right.status_code, right.json()) == (200, right.json())
    names = {name for name in right.headers if "limit" not in name.lower()}
    assert names == {name for name in wrong.headers if "limit" not in name.lower()}
    asked = "SELECT count(*), (SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'returns.mail_withdrawal')"
    assert read_rows(f"{asked} FROM withdrawal") == [(2, 2)]
    assert run_jobs() == []
    assert read_rows(TEMPLATES) == [("withdrawal_link",)]
    assert read_rows("SELECT count(*) FROM withdrawal") == [(1,)], "of nobody's order nothing is kept"


def test_asking_is_limited_by_order(buyer: Buyer, paid: Paid) -> None:
    codes = [
        buyer.post("/store/withdrawals", order_number=number_of(paid), email="paul@example.com").status_code
        for _ in range(6)
    ]
    assert codes == [200] * 5 + [429]
    form = buyer.http.post("/retractation", data={"order_number": number_of(paid), "email": EMAIL})
    assert (form.status_code, form.headers["content-type"]) == (429, "text/html; charset=utf-8")


def test_the_days_of_the_law_end_and_the_day_of_asking_counts(buyer: Buyer, paid: Paid) -> None:
    send_parcel(paid, 2, delivered_at=utc_now() - timedelta(days=40))
    token = ask_for_link(paid)
    before = read_state()
    late = buyer.post(f"/store/withdrawals/{token}/confirm")
    assert (late.status_code, late.json().get("code")) == (409, "withdrawal_period_over"), late.text
    assert (read_state(), read_rows(STANDING), read_rows(ORDER)) == (before, [], [("pending", False)])
    # Who was never told of the right has twelve months more.
    with unit_of_work("test") as session:
        session.execute(text("UPDATE message SET state = 'dead' WHERE template = 'order_confirmation'"))
    assert buyer.post(f"/store/withdrawals/{token}/confirm").status_code == 200
    assert read_rows(STANDING) == [("approved", True)]


def test_a_link_is_valid_for_a_day_and_opens_nothing_by_being_read(buyer: Buyer, paid: Paid) -> None:
    token = ask_for_link(paid)
    page = buyer.http.get(f"/retractation/{token}")
    assert (page.status_code, "Confirmer la rétractation" in page.text, "form-action 'self'" in str(page.headers)) == (
        200, True, True
    )  # fmt: skip
    assert read_rows(ORDER) == [("pending", False)]
    let_link_age(25)
    for answer in (
        buyer.http.get(f"/store/withdrawals/{token}"),
        buyer.post(f"/store/withdrawals/{token}/confirm"),
        buyer.post("/store/withdrawals/nobodys/confirm"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "withdrawal_link_invalid")
    assert buyer.http.post(f"/retractation/{token}").status_code == 404
    assert read_rows(ORDER) == [("pending", False)]


@row("S0-088")
def test_a_plain_browser_withdraws_by_two_forms(
    buyer: Buyer, paid: Paid, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    """Without key, script or account."""
    with httpx2.Client(base_url=buyer.http.base_url, timeout=30) as browser:
        first = browser.get("/retractation")
        assert "Renoncer au contrat ici" in first.text
        sent = browser.post("/retractation", data={"order_number": number_of(paid), "email": EMAIL})
        wrong = browser.post("/retractation", data={"order_number": number_of(paid), "email": "not an address"})
        assert (sent.status_code, sent.text) == (200, wrong.text)
        assert run_jobs() == []
        token = token_of(fake_brevo.mails()[-1])
        assert 'method="post"' in browser.get(f"/retractation/{token}").text
        done = browser.post(f"/retractation/{token}")
        assert (done.status_code, "est enregistrée" in done.text) == (200, True)
        assert (read_rows(ORDER), browser.get(f"/retractation/{token}").text) == ([("canceled", True)], done.text)


def test_what_the_law_excludes_stays(buyer: Buyer, paid: Paid) -> None:
    with unit_of_work("test") as session:
        session.execute(text("ALTER TABLE order_line DISABLE TRIGGER keep_as_placed"))
        session.execute(text("UPDATE order_line SET withdrawal_excluded_reason = 'made_to_order'"))
        session.execute(text("ALTER TABLE order_line ENABLE TRIGGER keep_as_placed"))
    before = read_state()
    token = ask_for_link(paid)
    refused = buyer.post(f"/store/withdrawals/{token}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawal_excluded")
    assert read_rows(ORDER) == [("pending", False)]
    assert read_state()["refunds"] == before["refunds"]


def test_what_was_declared_is_never_changed_nor_removed(buyer: Buyer, paid: Paid) -> None:
    buyer.post(f"/store/withdrawals/{ask_for_link(paid)}/confirm")
    for statement in (
        "UPDATE withdrawal SET declared_at = now()",
        "UPDATE withdrawal SET statement = '{}'",
        "DELETE FROM withdrawal",
        "TRUNCATE withdrawal",
    ):
        with pytest.raises(DBAPIError, match="only grows"):
            write_by_hand(statement)
