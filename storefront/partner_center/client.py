"""The Partner Center client: one method per read, one `send` for all writes. Thread-safe; holds a token, nothing else.

Writes are `Outgoing` bytes with a request id that the caller has committed beforehand. Reads may be repeated freely.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from django.conf import settings

from config.kernel import http
from storefront.partner_center import answers, errors
from storefront.partner_center.payloads import MCA, Address, Outgoing

log = structlog.get_logger(__name__)
EARLY_SECONDS = 30.0  # a token is renewed this long before it ends
APPLICATION = "Storefront"
ACCEPTED_ADDRESSES = frozenset(
    {"verifiedshippable", "verified", "interactionrequired", "streetpartial", "premisespartial", "multiple"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """Addresses, credentials, and seconds to wait."""

    base_url: str
    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    resource: str
    connect_seconds: float
    read_seconds: float

    @classmethod
    def from_settings(cls) -> Config:
        """As `config/settings/partner_center.py` says."""
        return cls(
            base_url=settings.PARTNER_CENTER_URL.rstrip("/"),
            token_url=settings.PARTNER_CENTER_TOKEN_URL,
            client_id=settings.PARTNER_CENTER_CLIENT_ID,
            client_secret=settings.PARTNER_CENTER_CLIENT_SECRET,
            refresh_token=settings.PARTNER_CENTER_REFRESH_TOKEN,
            resource=settings.PARTNER_CENTER_RESOURCE,
            connect_seconds=settings.PARTNER_CENTER_CONNECT_SECONDS,
            read_seconds=settings.PARTNER_CENTER_READ_SECONDS,
        )

    def timeout(self, seconds: float | None = None) -> http.Timeout:
        """The wait for one answer; `seconds` caps all of it."""
        read = self.read_seconds if seconds is None else seconds
        return http.Timeout(connect=min(self.connect_seconds, read), read=read, total=read)


class Tokens:
    """One access token per process, renewed shortly before it ends, shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, str] | None = None
        self._token = ""
        self._ends = 0.0

    def get(self, config: Config, timeout: http.Timeout, *, fresh: bool = False) -> str:
        """The token; `fresh` drops a refused one. Raises NotAuthenticated, NotSent."""
        key = (config.token_url, config.client_id)
        with self._lock:
            if fresh or self._key != key or time.monotonic() > self._ends:
                self._token, seconds = self._fetch(config, timeout)
                self._key, self._ends = key, time.monotonic() + seconds - EARLY_SECONDS
            return self._token

    @staticmethod
    def _fetch(config: Config, timeout: http.Timeout) -> tuple[str, float]:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": config.refresh_token,
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "resource": config.resource,
            "scope": "openid",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            reply = http.request(
                "POST", config.token_url, timeout=timeout, headers=headers, body=urlencode(form).encode()
            )
        except http.HttpFailure as failure:  # nothing was asked of Partner Center yet
            raise errors.NotSent(f"token: {failure}") from failure
        try:
            body = reply.json()
            if reply.status == 200:
                return str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise errors.NotSent("token: the answer is not understood", status=reply.status) from error
        if reply.status == 429 or reply.status >= 500:
            raise errors.NotSent("token: not available", status=reply.status)
        log.error("partner_center.token_refused", status=reply.status, error=str(body.get("error")))
        raise errors.NotAuthenticated(f"token: {body.get('error')}", status=reply.status)


TOKENS = Tokens()


class Transport:
    """One request, one answer, with token and ids. Every failure is a subclass of `errors.PartnerCenterError`."""

    def __init__(self, config: Config | None = None, *, tokens: Tokens = TOKENS) -> None:
        self.config = config or Config.from_settings()
        self.tokens = tokens

    def send(
        self, outgoing: Outgoing, *, request_id: uuid.UUID, seconds: float | None = None, etag: str = ""
    ) -> dict[str, Any]:
        """Send a write; returns the answer's document. After an unknown outcome, send the same id and bytes again.

        `etag` goes out as If-Match and is never stored. Raises NotSent, OutcomeUnknown, Accepted, Throttled, Busy,
        MaybeDone, AlreadyDone, Stale, OnHold, Refused, NotFound, NotAuthenticated.
        """
        body = outgoing.body.encode()
        reply = self._exchange(
            outgoing.method, outgoing.path, body=body, request_id=request_id, seconds=seconds, etag=etag
        )
        if reply.status == 202:
            raise errors.Accepted("accepted, not yet made", status=202, location=reply.headers.get("Location", ""))
        return self._document(reply)

    def get(self, path: str, *, seconds: float | None = None) -> dict[str, Any]:
        """Read one document."""
        return self._document(self._exchange("GET", path, request_id=uuid.uuid4(), seconds=seconds))

    def ask(self, path: str, body: dict[str, Any], *, seconds: float | None = None) -> dict[str, Any]:
        """A POST that only asks and changes nothing."""
        return self._document(
            self._exchange("POST", path, body=json.dumps(body).encode(), request_id=uuid.uuid4(), seconds=seconds)
        )

    def _exchange(
        self, method: str, path: str, *, request_id: uuid.UUID, body: bytes = b"", seconds: float | None, etag: str = ""
    ) -> http.Reply:
        """One call; a refused token is renewed once, with the same request id."""
        reply = self._raw(method, path, body, request_id, seconds, etag)
        if reply.status == 401:
            reply = self._raw(method, path, body, request_id, seconds, etag, fresh=True)
        if reply.status == 401:
            log.error("partner_center.unauthorised", path=path)
            raise errors.NotAuthenticated("the token was refused twice", status=401)
        return reply

    def _raw(  # noqa: PLR0917 -- the parts of one request
        self,
        method: str,
        path: str,
        body: bytes,
        request_id: uuid.UUID,
        seconds: float | None,
        etag: str = "",
        fresh: bool = False,
    ) -> http.Reply:
        timeout = self.config.timeout(seconds)
        token = self.tokens.get(self.config, timeout, fresh=fresh)
        correlation = str(uuid.uuid4())
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "MS-RequestId": str(request_id),
            "MS-CorrelationId": correlation,
            "MS-Contract-Version": "v1",
            "MS-PartnerCenter-Application": APPLICATION,
            "X-Locale": "en-US",
        }
        if body:
            headers["Content-Type"] = "application/json"
        if etag:
            headers["If-Match"] = etag
        url = self.config.base_url + path
        try:
            reply = http.request(method, url, timeout=timeout, headers=headers, body=body or None)
        except http.NothingSent as failure:
            raise errors.NotSent(str(failure), correlation_id=correlation) from failure
        except http.NoAnswer as failure:
            raise errors.OutcomeUnknown(str(failure), correlation_id=correlation) from failure
        return http.Reply(
            reply.status, http.named(reply.headers, **{"X-Sent-Correlation": correlation}), reply.body, reply.seconds
        )

    def _document(self, reply: http.Reply) -> dict[str, Any]:
        """The document of a success; a success that cannot be read is an unknown outcome."""
        if not 200 <= reply.status < 300:
            raise self._error(reply)
        try:
            body = reply.json()
        except ValueError as error:
            raise errors.OutcomeUnknown("the answer is not JSON", status=reply.status) from error
        if not isinstance(body, dict):
            raise errors.OutcomeUnknown("the answer is not a document", status=reply.status)
        return body

    @staticmethod
    def _error(reply: http.Reply) -> errors.PartnerCenterError:
        """One of Microsoft's four error shapes, or none of them."""
        try:
            body = reply.json()
        except ValueError:
            body = None
        code, text = _code_and_text(body if isinstance(body, dict) else {})
        correlation = reply.headers.get("X-Sent-Correlation", "")
        if reply.status == 429:
            return errors.Throttled(text, retry_after=_retry_after(reply), correlation_id=correlation)
        return errors.refusal(reply.status, code, text, correlation)


class PartnerCenter(Transport):
    """Calls, typed. Every failure is a subclass of `errors.PartnerCenterError`."""

    def is_domain_free(self, domain: str, *, seconds: float | None = None) -> bool:
        """HEAD: 404 is free, 200 is taken. A 404 that does not echo our correlation id is a proxy's, and unknown."""
        reply = self._exchange("HEAD", f"/v1/domains/{quote(domain)}", request_id=uuid.uuid4(), seconds=seconds)
        if reply.status in {200, 404}:
            if reply.headers.get("MS-CorrelationId", "") != reply.headers["X-Sent-Correlation"]:
                raise errors.OutcomeUnknown("an answer without our correlation id", status=reply.status)
            return reply.status == 404
        raise self._error(reply)

    def customers_by_domain(self, domain: str) -> list[answers.Customer]:
        """Tenants of ours with exactly this domain (Microsoft only knows "starts with")."""
        wish = json.dumps({"Field": "Domain", "Value": domain, "Operator": "starts_with"})
        body = self.get(f"/v1/customers?{urlencode({'size': '50', 'filter': wish})}")
        rows = [answers.read(answers.Customer, row) for row in answers.items(body)]
        return [row for row in rows if row.domain == domain]

    def reseller_tenant_id(self, partner_id: str, *, seconds: float | None = None) -> str:
        """The tenant of our active indirect reseller with this partner id, or an empty text."""
        body = self.get("/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf", seconds=seconds)
        for row in answers.items(body):
            if str(row.get("mpnId")) == partner_id and str(row.get("state", "Active")).lower() == "active":
                return str(row["id"]).lower()
        return ""

    def partner_name(self, partner_id: str, *, seconds: float | None = None) -> str:
        """The name behind an MPN ID. Never called with an empty id: Microsoft would answer with our own profile."""
        if not partner_id:
            msg = "an empty MPN ID asks for the provider's own profile"
            raise ValueError(msg)
        body = self.get(f"/v1/profiles/mpn?{urlencode({'mpnId': partner_id})}", seconds=seconds)
        return str(body.get("partnerName") or "")

    def check_partner(self, partner_id: str, *, seconds: float | None = None) -> answers.PartnerCheck:
        """May this id be partner of record now."""
        body = self.ask("/v1/partners/validateresellers", {"partnerIds": [partner_id]}, seconds=seconds)
        row = body["validationResults"][0]
        return answers.PartnerCheck(
            partner_id,
            bool(row["isValidPartnerIdOnRecord"]),
            int(row.get("errorCode") or 0),
            str(row.get("errorDescription") or ""),
        )

    def check_address(self, address: Address) -> answers.AddressCheck:
        """What Microsoft thinks of an address. Old behaviour (400/2007) is read as "bad"."""
        try:
            body = self.ask("/v1/validations/address", address.fields())
        except errors.Refused as refused:
            if refused.code == 2007:
                return answers.AddressCheck("bad", refused.text)
            raise
        status, text = str(body.get("status", "")).lower(), str(body.get("validationMessage") or "")
        if status in ACCEPTED_ADDRESSES:
            return answers.AddressCheck("ok", text)
        return answers.AddressCheck("bad" if status == "none" else "unsure", text)

    def agreement_template_id(self) -> str:
        """The current template of the customer agreement."""
        return str(answers.items(self.get(f"/v1/agreements?agreementType={MCA}"))[0]["templateId"])

    def has_agreement(self, tenant_id: str) -> bool:
        """Whether the tenant's customer agreement is confirmed."""
        return bool(answers.items(self.get(f"/v1/customers/{quote(tenant_id)}/agreements?agreementType={MCA}")))

    def vetting(self, tenant_id: str) -> str:
        """`allowed`, `underreview`, `notallowed` or `unknown`."""
        body = self.get(f"/v1/customers/{quote(tenant_id)}/validationStatus?type=account")
        return str(body.get("status", "unknown")).lower()

    def catalog_item_id(self, product_id: str, sku_id: str, country: str) -> str:
        """The product's id of today, for a cart: its last part changes. Raises Refused 10001."""
        path = f"/v1/products/{quote(product_id)}/skus/{quote(sku_id)}/availabilities?country={quote(country)}"
        try:
            rows = answers.items(self.get(path))
        except errors.NotFound as missing:
            raise errors.Refused(missing.text, code=10001, status=404) from missing
        if not rows:
            raise errors.Refused("no availability", code=10001, status=404)
        return str(rows[0]["catalogItemId"])

    def cart(self, tenant_id: str, cart_id: str) -> answers.Cart:
        """A cart. Raises NotFound when it has expired."""
        return answers.read(answers.Cart, self.get(f"/v1/customers/{quote(tenant_id)}/carts/{quote(cart_id)}"))

    def order(self, tenant_id: str, order_id: str) -> answers.Order:
        """One order."""
        return answers.read(answers.Order, self.get(f"/v1/customers/{quote(tenant_id)}/orders/{quote(order_id)}"))

    def orders(self, tenant_id: str) -> list[answers.Order]:
        """The tenant's orders; up to 15 minutes late."""
        return [
            answers.read(answers.Order, row)
            for row in answers.items(self.get(f"/v1/customers/{quote(tenant_id)}/orders"))
        ]

    def subscriptions(self, tenant_id: str, *, order_id: str = "") -> list[answers.Subscription]:
        """The tenant's subscriptions, or those of one order."""
        query = f"?{urlencode({'order_id': order_id})}" if order_id else ""
        rows = answers.items(self.get(f"/v1/customers/{quote(tenant_id)}/subscriptions{query}"))
        return [answers.read(answers.Subscription, row) for row in rows]

    def subscription(self, tenant_id: str, subscription_id: str) -> dict[str, Any]:
        """One subscription as it is stored, whole: what a change of it must send back (partner_center.md §9)."""
        return self.get(f"/v1/customers/{quote(tenant_id)}/subscriptions/{quote(subscription_id)}")

    def provisioning(self, tenant_id: str, subscription_id: str) -> str:
        """`success`, `pending` or `failed`."""
        path = f"/v1/customers/{quote(tenant_id)}/subscriptions/{quote(subscription_id)}/provisioningstatus"
        return str(self.get(path).get("status", "pending")).lower()


def _code_and_text(body: dict[str, Any]) -> tuple[int, str]:
    inner = body.get("error")
    shape = inner if isinstance(inner, dict) else body
    raw = str(shape.get("code", shape.get("statusCode", 0)))
    code = int(raw) if raw.isdecimal() else 0
    return code, str(shape.get("description") or shape.get("message") or "")[:500]


def _retry_after(reply: http.Reply) -> float:
    try:
        return max(0.0, float(reply.headers.get("Retry-After", "60")))
    except ValueError:
        return 60.0
