"""Addresses of the invoice pages, below /invoices/."""

from __future__ import annotations

from django.urls import path

from invoicing.views.invoices import InvoiceDetail, InvoiceList, InvoicePdf

app_name = "invoicing"
urlpatterns = [
    path("", InvoiceList.as_view(), name="invoices"),
    path("<str:public_id>/", InvoiceDetail.as_view(), name="invoice"),
    path("<str:public_id>/pdf", InvoicePdf.as_view(), name="pdf"),
]
