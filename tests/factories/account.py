"""Somebody with an account, made through HTTP as a storefront makes it: register, create, log in."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
import jwt

PASSWORD = "un long mot de passe"
SHOP_ORIGIN = "http://boutique.test"
Json = dict[str, object]


@dataclass(frozen=True)
class Person:
    """A visitor of the shop's site; `http` is any client, `headers` hold the shop's key."""

    http: httpx2.Client
    headers: Mapping[str, str]

    def post(self, path: str, body: object = None, token: str | None = None, **headers: str) -> httpx2.Response:
        """POST; without body none is sent, as the SDK does."""
        given = self._headers(token, headers)
        if body is None:
            return self.http.post(path, headers={**given, "content-type": "application/json"})
        return self.http.post(path, json=body, headers=given)

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
        """GET."""
        return self.http.get(path, headers=self._headers(token, headers))

    def delete(self, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
        """DELETE."""
        return self.http.delete(path, headers=self._headers(token, headers))

    def register(self, email: str, password: str = PASSWORD) -> httpx2.Response:
        """The first step of a sign-up."""
        return self.post("/auth/customer/emailpass/register", {"email": email, "password": password})

    def log_in(self, email: str, password: str = PASSWORD, **headers: str) -> httpx2.Response:
        """Address and password for a token."""
        return self.post("/auth/customer/emailpass", {"email": email, "password": password}, **headers)

    def sign_up(self, email: str = "jeanne@example.com", **details: object) -> str:
        """The whole sign-up; gives the token of a login."""
        registered = self.register(email)
        assert registered.status_code == 200, registered.text
        made = self.post("/store/customers", {"email": email, **details}, registered.json()["token"])
        assert made.status_code == 200, made.text
        return self.token(email)

    def token(self, email: str, password: str = PASSWORD) -> str:
        """The token of a login that must succeed."""
        answer = self.log_in(email, password)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def me(self, token: str | None = None, **headers: str) -> httpx2.Response:
        """Who is logged in."""
        return self.get("/store/customers/me", token, **headers)

    def _headers(self, token: str | None, more: Mapping[str, str]) -> dict[str, str]:
        bearer = {"authorization": f"Bearer {token}"} if token is not None else {}
        return {**self.headers, **bearer, **{name.replace("_", "-"): value for name, value in more.items()}}


def read_claims(token: str) -> Json:
    """What a token says, its signature left aside."""
    claims: Json = jwt.decode(token, options={"verify_signature": False})
    return claims
