"""What mails are made of: text without elements, one language as a whole, a button whose address can be copied."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Message
from accounts.services import messages
from config.kernel.money import Money
from tests.integration.storefront.partner_cast import NOW, Cast

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates/emails").glob("*.html"))


@pytest.mark.django_db
def test_the_text_of_a_mail_holds_amounts_and_names_but_no_elements():
    cast = Cast()
    cast.customer.name = "Ναυτιλία <Φως> Α.Ε."
    cast.customer.save()
    order = cast.order(cast.customer)
    context = {"order": order, "items": list(order.items.all()), "exceeds": Money(order.first_period_net, "EUR")}

    mail = messages.queue(template="order_held", to=["ada@example.org"], context=context, at=NOW, language="el")

    assert mail is not None
    assert "<span" not in mail.text_body + mail.subject
    assert "Ναυτιλία <Φως> Α.Ε." in mail.text_body
    assert "\n\n\n" not in mail.text_body
    assert '<html lang="en">' in mail.html_body
    assert f"€{order.first_period_net:,.2f}" in mail.subject
    assert Message.objects.count() >= 1


def test_plain_takes_our_elements_away_and_nobody_elses():
    text = 'Until <time class="nowrap" datetime="2026-11-30">30 Nov</time>, <span class="num">€1.00</span>, <b>Acme</b>'

    assert messages.plain(text) == "Until 30 Nov, €1.00, <b>Acme</b>"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_button_stands_with_its_address_as_text(path):
    html = path.read_text("utf-8")

    assert html.count('class="cta"') <= 1
    assert html.count('class="cta"') == html.count("copy this address")
    assert path.stem == "base" or "{% block preheader %}{{ subject }}" not in html
