"""What travels inside the simulator: a parsed request, an answer, and the refusals in Microsoft's four shapes."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAMESPACE = uuid.UUID("6f6e2f0c-6a49-5d55-9d07-0c3f3c1c8f11")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its body parsed when it is JSON."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    def header(self, name: str) -> str:
        """The header's value or an empty text."""
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        """The body as JSON; refuses other content types and broken text as Microsoft does (2000)."""
        if self.raw and not self.header("content-type").startswith("application/json"):
            raise Refusal(415, 2000, "The content type must be application/json")
        try:
            return json.loads(self.raw or b"null")
        except ValueError as error:
            raise Refusal(400, 2000, "The request body is not valid JSON") from error


@dataclass(slots=True)
class Answer:
    """Status, JSON body (None: empty) and extra headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as bytes; UTF-8."""
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()


class Refusal(Exception):
    """Microsoft says no: HTTP status, its own code, and words."""

    def __init__(self, status: int, code: int, text: str, **extra: Any) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.extra = status, code, text, extra

    def answer(self) -> Answer:
        """The normal error shape."""
        body = {"code": self.code, "description": self.text, "data": [], "source": "PartnerFD", **self.extra}
        return Answer(self.status, body)


def stable_guid(*parts: str) -> str:
    """The same parts give the same GUID, on every machine."""
    return str(uuid.uuid5(NAMESPACE, "|".join(parts)))


def stamp(moment: datetime) -> str:
    """A moment as Microsoft prints it: seven fractional digits and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def instant(text: str) -> datetime:
    """The moment that `stamp` printed."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", text))


def collection(items: Iterable[Any]) -> dict[str, Any]:
    """A list in Microsoft's envelope."""
    rows = list(items)
    return {
        "totalCount": len(rows),
        "items": rows,
        "links": {"self": {"uri": "", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Collection"},
    }


def checked(
    value: Any, where: str, *, required: Mapping[str, type], optional: Mapping[str, type] | None = None
) -> dict[str, Any]:
    """An object with lower-case-first keys; unknown, missing and wrongly typed fields are refused (strict mode)."""
    if not isinstance(value, dict):
        raise Refusal(400, 2000, f"{where} must be an object")
    shaped = {name[:1].lower() + name[1:]: entry for name, entry in value.items()}
    known = {**required, **(optional or {})}
    for name, entry in shaped.items():
        if name not in known:
            raise Refusal(400, 2000, f"Unknown field {where}.{name}")
        wrong = not isinstance(entry, known[name]) or (known[name] is int and isinstance(entry, bool))
        if wrong and not (entry is None and name not in required):
            raise Refusal(400, 2000, f"{where}.{name} has a wrong type")
    for name in required:
        if name not in shaped:
            raise Refusal(400, 2000, f"Missing field {where}.{name}")
    return shaped
