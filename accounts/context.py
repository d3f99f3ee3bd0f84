"""What every page may print: the distributor. Read only when a template asks for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Organisation


def organisation(_request: HttpRequest) -> dict[str, Any]:
    """`organisation` of the base templates, one query at first use; None until it is set up."""
    return {"organisation": SimpleLazyObject(lambda: Organisation.objects.filter(pk=1).first())}
