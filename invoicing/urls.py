"""Addresses of the invoice pages, below /invoices/."""

from __future__ import annotations

from django.urls import path

from invoicing.enums import FileKind
from invoicing.views.disputes import DisputePage
from invoicing.views.exports import ExportPage
from invoicing.views.invoices import InvoiceDetail, InvoiceList, InvoicePdf, InvoiceXml
from invoicing.views.links import document_link
from invoicing.views.statement import StatementPage

app_name = "invoicing"
urlpatterns = [
    path("", InvoiceList.as_view(), name="invoices"),
    path("statement/", StatementPage.as_view(), name="statement"),
    path("export/", ExportPage.as_view(), name="export"),
    path("link/<str:token>/", document_link, name="link"),
    path("<str:public_id>/", InvoiceDetail.as_view(), name="invoice"),
    path("<str:public_id>/dispute/", DisputePage.as_view(), name="dispute"),
    path("<str:public_id>/pdf", InvoicePdf.as_view(), name="pdf"),
    path("<str:public_id>/xml", InvoiceXml.as_view(), name="xml"),
    path("<str:public_id>/ubl", InvoiceXml.as_view(kind=FileKind.UBL), name="ubl"),
]
