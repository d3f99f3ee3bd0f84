"""The download links in mails: no session is asked for, the signature is the right to the file."""

from __future__ import annotations

import structlog
from allauth.account.adapter import get_adapter
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.kernel import limits
from config.kernel.errors import DomainError
from invoicing import links
from invoicing.links import DocumentLink, NotALink
from invoicing.models import Delivery, Invoice
from invoicing.services import archives, documents

log = structlog.get_logger(__name__)
MOST_AN_HOUR = 300
HOUR = 3600


@never_cache
@require_safe
def document_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file, or all files of the mail as a ZIP. 404 for what we never signed, 410 once it is over, 429 too often."""
    if not limits.allows(f"document-link:{get_adapter().get_client_ip(request)}", most=MOST_AN_HOUR, seconds=HOUR):
        return _guarded(render(request, "429.html", status=429))
    try:
        link = links.read(token)
    except NotALink as error:
        log.warning("document_link.invalid")
        raise Http404 from error
    deliveries = Delivery.objects.select_related("bill_to", "bounce")
    delivery = get_object_or_404(deliveries, public_id=link.delivery, bill_to__public_id=link.account)
    if link.is_over(timezone.now()) or getattr(delivery, "bounce", None) is not None:
        return _guarded(render(request, "invoicing/link_over.html", {"until": link.until}, status=410))
    try:
        answer = _answer(delivery, link)
    except DomainError as refusal:
        return _guarded(render(request, "invoicing/link_over.html", {"refusal": refusal}, status=503))
    log.info("document_link.used", delivery=delivery.pk, invoice=link.invoice or "all")
    return _guarded(answer)


def _answer(delivery: Delivery, link: DocumentLink) -> HttpResponseBase:
    mailed = Invoice.objects.filter(delivered__delivery=delivery, bill_to=delivery.bill_to_id)
    if link.invoice:
        invoice = get_object_or_404(mailed, public_id=link.invoice)
        file = documents.open_file(invoice)
        name = f"{invoice.number}.pdf"
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")
    archive = archives.archive_of(mailed)
    answer = StreamingHttpResponse(archives.zip_stream(archive), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="invoices-{delivery.at:%Y-%m-%d}.zip"'
    return answer


def _guarded(answer: HttpResponse | HttpResponseBase) -> HttpResponseBase:
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
