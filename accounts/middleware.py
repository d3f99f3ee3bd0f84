"""What holds for every answer of the product to somebody who may be signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.services import second_factor
from accounts.views.adapter import MISSING

Answer = Callable[[HttpRequest], HttpResponseBase]


def never_stored(get_response: Answer) -> Answer:
    """No browser and no proxy keeps a page, unless the view says for how long (reliability.md S26, S48)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return answer


def second_factor_first(get_response: Answer) -> Answer:
    """Who must have a second factor and has none sets it up before anything else (reliability.md S33)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        session = request.session
        if MISSING not in session or is_allowed(request.path):
            return get_response(request)
        user = request.user
        if user.is_authenticated and second_factor.is_required(user) and not second_factor.is_set_up(user):
            return redirect("security")
        session.pop(MISSING)
        return get_response(request)

    return answer


def is_allowed(path: str) -> bool:
    """Whether the page serves to set it up, or to leave."""
    return path.startswith((reverse("security"), reverse("account_reauthenticate"), reverse("account_logout")))
