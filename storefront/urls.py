"""Addresses of the Storefront."""

from __future__ import annotations

from django.urls import path

from storefront.views import catalogue

urlpatterns = [
    path("catalogue/", catalogue.CataloguePage.as_view(), name="catalogue"),
    path("catalogue/<str:public_id>/", catalogue.ProductPage.as_view(), name="product"),
]
