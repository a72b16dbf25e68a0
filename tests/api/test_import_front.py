"""Fifty thousand lines pass nginx and the application's cap; what is larger is refused in the shape of every error."""

import ssl

import httpx2

from app.core.http import FILE_OF_LINES_BYTES
from app.imports.rules import MOST_BYTES
from tests.nginx_front import Front


def test_a_file_of_lines_passes_nginx_and_a_larger_one_does_not(front: Front) -> None:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with httpx2.Client(base_url=front.url, verify=trusting, timeout=60) as client:
        # Nobody is logged in: whoever gets that answer came past both caps.
        for size, status, code in (
            (MOST_BYTES, 401, "unauthorized"),
            (FILE_OF_LINES_BYTES + 1, 413, "body_too_large"),
            (FILE_OF_LINES_BYTES + 1_000_000, 413, "body_too_large"),
        ):
            answer = client.post("/admin/products/import", content=bytes(size))
            assert (answer.status_code, answer.json()["code"]) == (status, code), size
        assert client.post("/admin/products/imports", content=bytes(2_000_000)).status_code == 413
