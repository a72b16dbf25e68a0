"""nginx as a customer, a vendor and a stranger meet it."""

import http.client
import json
import socket
import ssl

import pytest

from tests.appliance.shop import Shop
from tests.rows import row
from tests.testhost.waiting import wait_until

REQUEST_ID_CHARACTERS = 32


def ask(
    shop: Shop, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One HTTPS request; status, headers, body."""
    connection = http.client.HTTPSConnection(shop.host.address, timeout=10, context=shop.context())
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def ask_plain(shop: Shop, method: str, path: str, host: str = "") -> tuple[int, str]:
    """One request on port 80; status and Location."""
    connection = http.client.HTTPConnection(shop.host.address, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host or shop.host.address})
        response = connection.getresponse()
        return response.status, response.headers.get("Location", "")
    finally:
        connection.close()


@row("S0-168")
def test_port_80_sends_people_to_https_and_tells_vendors_no(deployed_shop: Shop) -> None:
    address = deployed_shop.host.address

    assert ask_plain(deployed_shop, "GET", "/store/products?limit=1") == (
        308,
        f"https://{address}/store/products?limit=1",
    )
    # Stripe counts a redirect as a failed delivery without saying why.
    assert ask_plain(deployed_shop, "POST", "/stripe/webhook") == (403, "")


@row("S0-065")
def test_another_name_gets_nothing(deployed_shop: Shop) -> None:
    with pytest.raises(ConnectionResetError):
        ask_plain(deployed_shop, "GET", "/", host="autre.example")
    with pytest.raises(ConnectionResetError):
        ask(deployed_shop, "GET", "/health", headers={"Host": "autre.example"})


@row("S1-025")
def test_every_answer_has_one_request_id_of_ours_also_those_of_nginx(deployed_shop: Shop) -> None:
    for path, size, expected in (("/health", 0, 200), ("/nowhere", 0, 404), ("/stripe/webhook", 600_000, 413)):
        method = "POST" if size else "GET"
        body = b"x" * size if size else None
        status, headers, content = ask(
            deployed_shop, method, path, body=body, headers={"X-Request-Id": "forged-by-client"}
        )

        ids = headers.get_all("x-request-id") or []
        assert (status, len(ids)) == (expected, 1)
        assert len(ids[0]) == REQUEST_ID_CHARACTERS
        if expected != 200:
            assert json.loads(content)["requestId"] == ids[0]


def test_a_body_too_large_is_refused_in_the_shape_of_every_error(deployed_shop: Shop) -> None:
    _, headers, content = ask(deployed_shop, "POST", "/stripe/webhook", body=b"x" * 600_000)

    answer = json.loads(content)
    assert answer == {
        "type": "invalid_data",
        "message": "Requête trop grande / Request too large",
        "code": "body_too_large",
        "requestId": headers["x-request-id"],
    }


@row("S0-171")
def test_security_headers_are_on_every_answer_once(deployed_shop: Shop) -> None:
    for path in ("/health", "/nowhere", "/static/nothing.webp"):
        headers = ask(deployed_shop, "GET", path)[1]
        assert headers.get_all("strict-transport-security") == ["max-age=63072000; includeSubDomains"]
        assert headers.get_all("x-content-type-options") == ["nosniff"]
        assert headers.get_all("x-frame-options") == ["DENY"]
        assert len(headers.get_all("content-security-policy") or []) == 1
        assert headers["server"] == "nginx"


def test_old_tls_is_refused_and_new_tls_speaks_http2(deployed_shop: Shop) -> None:
    context = deployed_shop.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((deployed_shop.host.address, 443), timeout=10) as plain:
        secure = context.wrap_socket(plain, server_hostname=deployed_shop.host.address)
        assert (secure.version(), secure.selected_alpn_protocol()) == ("TLSv1.3", "h2")
        secure.close()

    probe = f"echo | openssl s_client -connect {deployed_shop.host.address}:443 -tls1_1 -cipher DEFAULT@SECLEVEL=0"
    assert "Cipher is (NONE)" in deployed_shop.host.run(probe, check=False).stdout


def test_maintenance_closes_the_shop_politely_and_health_still_answers(deployed_shop: Shop) -> None:
    flag = "/var/lib/comptoir/maintenance/on"
    deployed_shop.host.run(f"touch {flag}")
    try:
        status, headers, content = ask(deployed_shop, "GET", "/store/regions")
        assert (status, headers["retry-after"], json.loads(content)["code"]) == (503, "120", "maintenance")
        status, headers, page = ask(deployed_shop, "GET", "/", headers={"Accept": "text/html"})
        assert (status, headers.get_content_type()) == (503, "text/html")
        assert "La boutique revient dans quelques minutes" in page.decode()
        assert ask(deployed_shop, "GET", "/health")[0] == 200
        assert ask(deployed_shop, "POST", "/stripe/webhook", body=b"{}")[0] == 400, "unsigned, and read"
    finally:
        deployed_shop.host.run(f"rm {flag}")
    assert ask(deployed_shop, "GET", "/health/ready")[0] == 200


def test_who_asks_too_often_to_log_in_is_told_to_wait(deployed_shop: Shop) -> None:
    connection = http.client.HTTPSConnection(deployed_shop.host.address, timeout=10, context=deployed_shop.context())
    statuses = []
    for _ in range(60):
        connection.request("POST", "/auth/user/emailpass", body=b"{}", headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        statuses.append((response.status, response.headers.get("Retry-After", "")))
    connection.close()

    assert (429, "10") in statuses


def test_public_pictures_come_from_disk_and_folders_are_not_listed(deployed_shop: Shop) -> None:
    folder = "/var/lib/comptoir/uploads/test-front"
    deployed_shop.host.run(f"mkdir -p {folder}; echo picture > {folder}/a.txt; chmod -R a+rX {folder}")
    try:
        status, headers, content = ask(deployed_shop, "GET", "/static/test-front/a.txt")
        assert (status, content, headers["cross-origin-resource-policy"]) == (200, b"picture\n", "cross-origin")
        assert ask(deployed_shop, "GET", "/static/test-front/")[0] == 404
        assert ask(deployed_shop, "GET", "/static/../../../../etc/passwd")[0] in (400, 404)
    finally:
        deployed_shop.host.run(f"rm -r {folder}")


def test_what_is_hidden_or_lies_elsewhere_is_no_picture(deployed_shop: Shop) -> None:
    folder = "/var/lib/comptoir/uploads/test-hidden"
    deployed_shop.host.run(f"mkdir -p {folder}; echo x > {folder}/.env; ln -s /etc/passwd {folder}/link.txt")
    try:
        for name in (".env", "link.txt"):
            status, headers, content = ask(deployed_shop, "GET", f"/static/test-hidden/{name}")
            assert (status, json.loads(content)["requestId"]) == (404, headers["x-request-id"])
    finally:
        deployed_shop.host.run(f"rm -r {folder}")


@pytest.mark.parametrize(
    ("method", "path", "expected", "code"),
    [
        ("TRACE", "/health", 405, "method_not_allowed"),
        ("GET", "/static/nothing.png", 404, "not_found"),
    ],
)
def test_what_nginx_refuses_by_itself_has_the_shape_of_every_error(
    deployed_shop: Shop, method: str, path: str, expected: int, code: str
) -> None:
    status, headers, content = ask(deployed_shop, method, path)

    answer = json.loads(content)
    assert (status, answer["code"], answer["requestId"]) == (expected, code, headers["x-request-id"])
    assert headers["x-content-type-options"] == "nosniff"


def test_after_a_rotation_nginx_writes_into_the_new_log_and_never_a_one_time_link(deployed_shop: Shop) -> None:
    log = "/var/log/comptoir/nginx-access.log"
    ask(deployed_shop, "GET", "/health")
    deployed_shop.host.run(f"rm -f {log}-*; logrotate -f /etc/logrotate.d/comptoir; test -e {log}-*")

    def is_written() -> bool:
        ask(deployed_shop, "GET", "/app/invitation/nobodys-token")
        lines = deployed_shop.host.run(f"cat {log}").stdout.splitlines()
        return "/app/invitation/-" in {json.loads(line)["path"] for line in lines}

    # Nothing answers the signal that makes nginx open its log again.
    wait_until(is_written, what="a line in the new log", timeout_seconds=10)
    assert deployed_shop.host.run(f"grep -c nobodys-token {log} || true").stdout.strip() == "0"
    assert deployed_shop.host.run(f"stat -c %a {log}").stdout.strip() == "640"


def test_a_certificate_of_another_authority_is_not_ours(deployed_shop: Shop) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        deployed_shop.get("/health", ssl.create_default_context())
