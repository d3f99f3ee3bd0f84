"""Whether a VAT number is registered: asked at VIES over HTTP, or, where VIES is off, judged by its form alone.

`Checker` is the interface; `checker()` gives the one that the settings choose. VIES' REST interface:
https://ec.europa.eu/taxation_customs/vies/ . It answers 200 also when it cannot answer (`actionSucceed: false`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import names
from accounts.enums import VatResult, VatSource
from config.kernel import http

OUR_FAULT: Final = "INVALID_REQUESTER_INFO"
MALFORMED: Final = "INVALID_INPUT"
UNDISCLOSED: Final = "---"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a number after asking. `reason` says why it is unknown or invalid, in words."""

    result: VatResult
    source: VatSource
    request_number: str = ""
    name: str = ""
    address: str = ""
    reason: str = ""


class Checker(Protocol):
    """Somebody who can be asked for a VAT number."""

    def check(self, number: str, *, requester: str) -> Answer:
        """What is known of the number (with its prefix). `requester` is our own number, "" without. Never raises."""
        ...


class FormatOnly:
    """Judges form and check digits, by which the number was already accepted when it was typed."""

    def check(self, number: str, *, requester: str) -> Answer:
        """Valid when form and check digits are right."""
        country = {"EL": "GR"}.get(number[:2], number[:2])
        try:
            names.clean_vat_number(number, country)
        except names.BadText as error:
            return Answer(VatResult.INVALID, VatSource.FORMAT, reason=str(error))
        return Answer(VatResult.VALID, VatSource.FORMAT)


@dataclass(frozen=True, slots=True)
class Vies:
    """The REST client: one question, one answer, short time-outs, the hosts of the settings only."""

    base_url: str
    timeout: http.Timeout
    hosts: tuple[str, ...]

    def check(self, number: str, *, requester: str) -> Answer:
        """VIES' answer; unknown, with the reason, when there is none."""
        question = {"countryCode": number[:2], "vatNumber": number[2:]}
        if requester:
            question |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
        try:
            reply = http.request(
                "POST",
                f"{self.base_url.rstrip('/')}/check-vat-number",
                timeout=self.timeout,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=json.dumps(question).encode(),
                allowed_hosts=self.hosts,
            )
            body = reply.json()
        except http.HttpFailure:
            return _unknown(_("VIES did not answer. It is asked again within the hour."))
        except ValueError:
            return _unknown(_("VIES answered something that cannot be read. It is asked again within the hour."))
        return _read(body if isinstance(body, dict) else {}, reply.status)


def checker() -> Checker:
    """The one that the settings choose: VIES where it has an address, else form and check digits only."""
    if not settings.VIES_URL:
        return FormatOnly()
    seconds = http.Timeout(settings.VIES_CONNECT_SECONDS, settings.VIES_READ_SECONDS, settings.VIES_READ_SECONDS * 2)
    return Vies(settings.VIES_URL, seconds, tuple(settings.VIES_HOSTS))


def _unknown(reason: str) -> Answer:
    return Answer(VatResult.UNKNOWN, VatSource.VIES, reason=reason)


def _read(body: dict[str, Any], status: int) -> Answer:
    """The answer in our words. Only a clear yes or no counts: everything else is unknown."""
    code = _error_of(body)
    if code == MALFORMED:
        return Answer(VatResult.INVALID, VatSource.VIES, reason=_("VIES calls the number malformed."))
    if code == OUR_FAULT:
        return _unknown(_("VIES does not accept our own VAT number. Correct it in the system options."))
    if code or status != 200 or not isinstance(body.get("valid"), bool):
        said = code or f"HTTP {status}"
        return _unknown(
            _("VIES cannot answer now (%(said)s). It is asked again within the hour.") % {"said": said[:60]}
        )
    return Answer(
        VatResult.VALID if body["valid"] else VatResult.INVALID,
        VatSource.VIES,
        request_number=_text(body, "requestIdentifier", 50),
        name=_text(body, "name", 250) or _text(body, "traderName", 250),
        address=_text(body, "address", 500),
        reason="" if body["valid"] else _("VIES does not know the number."),
    )


def _error_of(body: dict[str, Any]) -> str:
    """The first error code of an answer that is none; "" for a real one."""
    wrappers = body.get("errorWrappers")
    if isinstance(wrappers, list) and wrappers and isinstance(wrappers[0], dict):
        return str(wrappers[0].get("error") or "ERROR")
    return "ERROR" if body.get("actionSucceed") is False else ""


def _text(body: dict[str, Any], key: str, longest: int) -> str:
    """A text of the answer on one line; "" when the state does not disclose it."""
    text = names.clean_text(str(body.get(key) or "").replace("\n", ", "))
    return "" if text == UNDISCLOSED else text[:longest]
