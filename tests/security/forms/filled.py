"""A form as somebody fills it, and reading one from its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from django.contrib.auth.models import Group
from django.db import models
from django.test import Client

from accounts.enums import StaffRole
from accounts.models import Account, User
from accounts.services import roles
from tests.integration.storefront.partner_cast import Cast

PASSWORD = "a sentence about islands"


@dataclass(frozen=True)
class Filled:
    """A form as somebody fills it: its address, its fields, the rows it writes.

    `fields` are those that take a text; without them all that are no choice. `says_by_message` marks acts that answer
    with a redirect and a message; `secret` fields are not shown again;
    `as_a_whole` forms say above all fields what does not fit together.
    """

    page: str
    typed: dict[str, str]
    rows: tuple[type[models.Model], ...] = (Account,)
    user: User | None = None
    says_by_message: bool = False
    secret: bool = False
    as_a_whole: bool = False
    fields: tuple[str, ...] = ()
    ready: Callable[[Client], None] = lambda _client: None


Build = Callable[[Cast], Filled]


class Form(HTMLParser):
    """What the page's form would send if nothing were typed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {key: value or "" for key, value in attrs}
        name, kind = facts.get("name", ""), facts.get("type", "text")
        if tag == "select":
            self._select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in facts:
            self.values[self._select] = facts.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""
        elif tag == "input" and name and kind not in {"submit", "button", "file"}:
            self.values[name] = facts.get("value", "on" if kind in {"checkbox", "radio"} else "")
            if kind in {"checkbox", "radio"} and "checked" not in facts:
                del self.values[name]

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def as_shown(page: str, user: User) -> dict[str, str]:
    """The fields of a page with the values it shows."""
    client = Client()
    client.force_login(user)
    answer = client.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    values = Form(answer.content.decode()).values
    return {name: text for name, text in values.items() if name and name != "csrfmiddlewaretoken"}


def reseller_admin(cast: Cast) -> User:
    """Ada, who may do everything in the Storefront, with a password to confirm what is delicate."""
    cast.ada.is_account_admin = True
    cast.ada.set_password(PASSWORD)
    cast.ada.save()
    return cast.ada


def operator() -> User:
    """Somebody of the group Admin."""
    roles.sync()
    user = User.objects.create_user("admin@aegean.example", PASSWORD, is_staff=True, name="Admin")
    user.groups.add(Group.objects.get(name=StaffRole.ADMIN.value))
    return user
