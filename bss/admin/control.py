"""E-mails as they were written, and the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.enums import MessageStatus
from accounts.models import AuditEvent, Message
from accounts.services import messages as mail
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.filters import Question
from bss.selectors.work import stuck_messages


class StuckFilter(Question):
    """Mail that was given up, or tried several times."""

    title = _("Does not leave")
    parameter_name = "stuck"
    answers = (("yes", _("Given up, or tried several times")),)

    def pick(self, queryset: QuerySet[Message], value: str) -> QuerySet[Message]:
        """What the work queue shows."""
        return queryset.filter(pk__in=stuck_messages().order_by().values("pk"))


@admin.register(Message, site=site)
class MessageAdmin(ReadOnlyAdmin):
    """Every e-mail as it was written. Messages with a link that lets in are shown without their body."""

    list_display = (
        columns.text("subject", _("Subject")),
        columns.badge("status", _("Status"), of="MessageStatus"),
        columns.moment("created_at", _("Written")),
        columns.joined("recipients", _("To")),
        columns.text("account__name", _("Account")),
        columns.moment("sent_at", _("Sent")),
    )
    list_filter = (StuckFilter, "status", "template")
    list_select_related = ("account",)
    search_fields = ("subject", "recipients", "account__name", "account__code")
    ordering = ("-created_at", "-pk")
    fields = (
        *("subject", "recipients", "account", "template", "status", "created_at", "sent_at", "attempts", "last_error"),
        *("due_at", "is_uncertain", "message_id"),
        "body",
    )
    readonly_fields = ("body",)
    facts = {
        "recipients": columns.joined("recipients", _("To")),
        "status": columns.badge("status", _("Status"), of="MessageStatus"),
        "attempts": columns.count("attempts", _("Attempts")),
        "last_error": columns.text("last_error", _("Last error")),
    }
    actions = ("send_again",)

    @admin.display(description=_("Text"))
    def body(self, obj: Message) -> str:
        """The text, unless it holds a secret."""
        return str(_("Hidden: it holds a link that lets its reader in.")) if obj.is_secret else obj.text_body

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Who may make a message leave once more."""
        return request.user.has_perm("accounts.change_message")

    @admin.action(description=_("Send again what failed"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Try failed messages once more."""
        by: Any = request.user
        failed = list(queryset.filter(status=MessageStatus.FAILED))
        for message in failed:
            mail.resend(message=message, by=by, at=timezone.now())
        if failed:
            words = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", len(failed))
            messages.success(request, words % {"n": len(failed)})
        else:
            messages.warning(request, _("None of the chosen messages has failed, so nothing is sent again."))


@admin.register(AuditEvent, site=site)
class AuditAdmin(ReadOnlyAdmin):
    """Who did what, when and why."""

    list_display = (
        columns.moment("at", _("When")),
        columns.code("action", _("Act")),
        columns.text("target_label", _("Object")),
        columns.text("account__name", _("Account")),
        "who",
        columns.text("reason", _("Reason")),
    )
    fields = ("at", "action", "target_label", "account", "who", "reason", "before", "after", "hash")
    facts = {"action": columns.code("action", _("Act")), "reason": columns.text("reason", _("Reason"))}
    list_filter = ("action",)
    list_select_related = ("account", "by")
    search_fields = ("target_label", "action", "account__name", "account__code", "by__email")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"

    @admin.display(description=_("By"), ordering="by__name")
    def who(self, obj: AuditEvent) -> str:
        """The person, or the system."""
        return str(_("The system")) if obj.by is None else obj.by.name or obj.by.email
