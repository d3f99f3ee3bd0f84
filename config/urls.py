"""Every address of the product."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from bss.admin_site import site
from bss.apps import register_pages
from config.kernel import health

register_pages()
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("", include("storefront.urls")),
    path("bss/", site.urls),
    path("invoices/", include("invoicing.urls")),
]
