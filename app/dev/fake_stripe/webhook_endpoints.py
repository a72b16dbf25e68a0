"""Webhook endpoints: who is told what, in which version, signed with which secrets."""

from dataclasses import dataclass, field, replace

from app.core.clock import utc_now
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Journal, Kept

# The endpoint given on the command line: the same one after a restart, whatever its address is then.
GIVEN = "we_given"
# After a secret is rolled the old one signs as well, for this long.
_OVERLAP_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoint(Kept):
    """`secrets` holds pairs of a secret and the second until which it signs (0: no end), newest first."""

    url: str
    enabled_events: list[str]
    secrets: list[tuple[str, int]]
    created: int
    api_version: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    is_enabled: bool = True

    def wants(self, kind: str) -> bool:
        """Whether an event of this type is sent here."""
        return self.is_enabled and ("*" in self.enabled_events or kind in self.enabled_events)

    def valid_secrets(self) -> list[str]:
        """Those that sign now."""
        now = utc_now().timestamp()
        return [secret for secret, until in self.secrets if until == 0 or until > now]


class WebhookEndpoints:
    """Answers `/v1/webhook_endpoints`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "webhook_endpoints.create": self.create,
            "webhook_endpoints.list": self.list,
            "webhook_endpoints.update": self.update,
        }

    def give(self, url: str, secret: str, events: list[str]) -> None:
        """Register the endpoint that the command line names."""
        now = int(utc_now().timestamp())
        self._journal.put(WebhookEndpoint(id=GIVEN, url=url, enabled_events=events, secrets=[(secret, 0)], created=now))

    def create(self, call: Call) -> Json:
        """POST /v1/webhook_endpoints: the only answer that shows the secret."""
        arguments = call.arguments
        secret = new_id("whsec", 32)
        endpoint = WebhookEndpoint(
            id=new_id("we"),
            url=_checked_url(arguments["url"]),
            enabled_events=_texts(arguments["enabled_events"]),
            secrets=[(secret, 0)],
            created=int(utc_now().timestamp()),
            api_version=_text(arguments.get("api_version")),
            description=_text(arguments.get("description")),
            metadata=_metadata(arguments.get("metadata")),
        )
        self._journal.put(endpoint)
        return render_endpoint(endpoint) | {"secret": secret}

    def list(self, call: Call) -> Json:
        """GET /v1/webhook_endpoints"""
        newest_first = self._journal.list_all(WebhookEndpoint)[::-1]
        return page(newest_first, call.arguments, "/v1/webhook_endpoints", render_endpoint)

    def update(self, call: Call) -> Json:
        """POST /v1/webhook_endpoints/{webhook_endpoint}"""
        endpoint, arguments = self.find(call.path["webhook_endpoint"]), call.arguments
        changed = replace(
            endpoint,
            url=_checked_url(arguments.get("url", endpoint.url)),
            enabled_events=_texts(arguments.get("enabled_events", endpoint.enabled_events)),
            description=_text(arguments.get("description", endpoint.description)),
            metadata=endpoint.metadata | _metadata(arguments.get("metadata")),
            is_enabled=not arguments.get("disabled", not endpoint.is_enabled),
        )
        self._journal.put(changed)
        return render_endpoint(changed)

    def roll(self, endpoint_id: str, secret: str | None, keep_seconds: int = _OVERLAP_SECONDS) -> str:
        """As "Roll secret" in the dashboard: a new one, and the old one beside it for a while."""
        endpoint = self.find(endpoint_id)
        fresh = secret or new_id("whsec", 32)
        until = int(utc_now().timestamp()) + keep_seconds
        old = [(each, until) for each in endpoint.valid_secrets()] if keep_seconds else []
        self._journal.put(replace(endpoint, secrets=[(fresh, 0), *old]))
        return fresh

    def find(self, endpoint_id: str) -> WebhookEndpoint:
        """That endpoint, or Stripe's 404."""
        endpoint = self._journal.find(WebhookEndpoint, endpoint_id)
        if endpoint is None:
            raise no_such("webhook endpoint", endpoint_id, "webhook_endpoint")
        return endpoint


def render_endpoint(endpoint: WebhookEndpoint) -> Json:
    """The object, without its secret."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": endpoint.enabled_events,
        "livemode": False,
        "metadata": endpoint.metadata,
        "status": "enabled" if endpoint.is_enabled else "disabled",
        "url": endpoint.url,
    }


def _checked_url(url: object) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(400, "Invalid URL: An explicit scheme (such as https) must be provided.", param="url")
    return url


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(values: object) -> list[str]:
    texts = [str(value) for value in values] if isinstance(values, list) else []
    if not texts:
        raise Refused(400, "Invalid array", param="enabled_events")
    return texts


def _metadata(given: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
