"""One vocabulary: a state is one word, one tone and one icon, the same in the Storefront, the BSS, mail and PDF.

An enum owns its looks by inheriting from `StatusChoices` (value, tone, icon, word):

    class OrderStatus(StatusChoices):
        DRAFT = "draft", Tone.QUIET, "circle-dashed", _("Draft")
        SUBMITTED = "submitted", Tone.WARN, "lock", _("Held")

It is a TextChoices in every other way (`choices=OrderStatus`, comparing, `.label`). A plain TextChoices gets its looks
from `STATUS_LOOKS`, keyed by the name of the class and the value. In a template: `{% badge order.status of="OrderStatus" %}`,
or `{% badge member %}` when the value is the enum member itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import models

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Tone(StrEnum):
    """What a colour says. Never used without a word."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: word, tone, Lucide icon."""

    word: _StrOrPromise
    tone: str
    icon: str


class StatusChoices(models.TextChoices):
    """A TextChoices whose members carry tone and icon: NAME = value, tone, icon, word."""

    tone: str
    icon: str

    def __new__(cls, value: str, tone: str = Tone.QUIET, icon: str = "circle-dashed") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.tone = tone
        member.icon = icon
        return member

    @property
    def look(self) -> Look:
        """Word, tone and icon of this state."""
        return Look(self.label, str(self.tone), self.icon)


def _words(**looks: tuple[str, str]) -> dict[str, tuple[str, str]]:
    return looks


# (tone, icon) per value; the word is the label of the enum.
STATUS_LOOKS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "OrderStatus": _words(
        draft=("quiet", "circle-dashed"),
        scheduled=("info", "calendar"),
        submitted=("warn", "lock"),
        executing=("info", "refresh-cw"),
        executed=("ok", "circle-check"),
        canceled=("quiet", "circle-x"),
    ),
    "DeliveryStatus": _words(
        pending=("info", "clock"),
        in_progress=("info", "refresh-cw"),
        delivered=("ok", "circle-check"),
        failed=("bad", "circle-x"),
        canceled=("quiet", "circle-x"),
    ),
    "RenewalState": _words(
        waiting=("info", "clock"),
        held=("warn", "circle-pause"),
        renewed=("ok", "circle-check"),
        ended=("quiet", "circle-minus"),
    ),
    "SubscriptionStatus": _words(
        trial=("quiet", "flag"),
        pending=("info", "clock"),
        active=("ok", "circle-check"),
        pending_cancel=("warn", "calendar"),
        ending=("warn", "calendar"),
        suspended=("warn", "circle-pause"),
        failed=("bad", "circle-x"),
        expired=("quiet", "circle-minus"),
        canceled=("quiet", "circle-x"),
    ),
    "InvoiceStatus": _words(
        open=("info", "send"),
        part_paid=("warn", "clock"),
        overdue=("bad", "circle-alert"),
        disputed=("warn", "flag"),
        paid=("ok", "circle-check"),
        credited=("quiet", "undo-2"),
        unapplied=("info", "clock"),
        applied=("ok", "circle-check"),
    ),
    "RunState": _words(
        scheduled=("quiet", "calendar"),
        calculating=("info", "refresh-cw"),
        previewed=("quiet", "file-text"),
        issuing=("info", "refresh-cw"),
        done=("ok", "circle-check"),
        done_with_errors=("bad", "circle-x"),
        discarded=("quiet", "circle-x"),
    ),
    "ItemState": _words(
        pending=("quiet", "circle-dashed"),
        previewed=("info", "clock"),
        changed=("warn", "refresh-cw"),
        held=("warn", "lock"),
        parked=("quiet", "file-text"),
        nothing_due=("quiet", "circle-minus"),
        done=("ok", "circle-check"),
    ),
    "UnitState": _words(
        planned=("info", "clock"),
        waiting_tenant=("info", "clock"),
        cart_pending=("info", "refresh-cw"),
        cart_ready=("info", "refresh-cw"),
        checkout_pending=("info", "refresh-cw"),
        checkout_unknown=("warn", "refresh-cw"),
        accepted=("info", "refresh-cw"),
        provisioning=("info", "refresh-cw"),
        active=("ok", "circle-check"),
        rejected=("bad", "circle-x"),
        needs_person=("warn", "triangle-alert"),
    ),
    "BillingRunStatus": _words(
        preview=("quiet", "file-text"),
        previewing=("info", "refresh-cw"),
        previewed=("quiet", "file-text"),
        checking=("info", "refresh-cw"),
        issuing=("info", "refresh-cw"),
        rendering=("info", "refresh-cw"),
        delivering=("info", "refresh-cw"),
        paused=("warn", "circle-pause"),
        done=("ok", "circle-check"),
        failed=("bad", "circle-x"),
    ),
    "RunItemStatus": _words(
        pending=("quiet", "circle-dashed"),
        checked=("info", "clock"),
        changed=("warn", "refresh-cw"),
        held=("warn", "lock"),
        parked=("quiet", "file-text"),
        issued=("ok", "circle-check"),
        error=("bad", "circle-x"),
    ),
    "MpnStatus": _words(
        valid=("ok", "circle-check"),
        unchecked=("warn", "clock"),
        invalid=("bad", "triangle-alert"),
        none=("quiet", "circle-minus"),
    ),
    "TenantStatus": _words(
        none=("quiet", "circle-minus"),
        checking=("info", "refresh-cw"),
        waiting=("info", "mail"),
        linked=("ok", "circle-check"),
        failed=("bad", "circle-x"),
    ),
    "MessageStatus": _words(
        pending=("info", "clock"),
        sent=("ok", "circle-check"),
        failed=("bad", "circle-x"),
    ),
    "ImportStatus": _words(
        checked=("info", "clock"),
        applied=("ok", "circle-check"),
        refused=("bad", "circle-x"),
    ),
    "BankImportState": _words(
        uploaded=("warn", "settings"),
        read=("info", "clock"),
        booked=("ok", "circle-check"),
        discarded=("quiet", "circle-x"),
    ),
    "BankRowState": _words(
        open=("warn", "triangle-alert"),
        ready=("info", "clock"),
        duplicate=("quiet", "undo-2"),
        left_out=("quiet", "circle-minus"),
        booked=("ok", "circle-check"),
    ),
    "DisputeState": _words(
        open=("warn", "flag"),
        accepted=("ok", "circle-check"),
        rejected=("quiet", "circle-x"),
        withdrawn=("quiet", "circle-minus"),
    ),
    "CallState": _words(
        planned=("quiet", "circle-dashed"),
        sent=("info", "send"),
        unknown=("warn", "refresh-cw"),
        ok=("ok", "circle-check"),
        refused=("bad", "circle-x"),
    ),
    "DispatchState": _words(
        waiting=("info", "clock"),
        mailed=("ok", "mail"),
        left_out=("quiet", "circle-minus"),
        stopped=("bad", "circle-alert"),
    ),
    "RenderState": _words(
        waiting=("info", "clock"),
        running=("info", "refresh-cw"),
        done=("ok", "circle-check"),
        failed=("bad", "circle-x"),
    ),
}

PLAIN: Final = ("quiet", "circle-dashed")


def look_of(value: Any, of: str = "") -> Look:
    """The look of a state: a Look, a StatusChoices member, a TextChoices member, or a stored value with its enum's name.

    A state nobody has given a look is shown as a quiet word: a page never fails for a colour.
    """
    if isinstance(value, Look):
        return value
    if isinstance(value, StatusChoices):
        return value.look
    owner = _owned(of)
    if owner is not None:
        return owner(value).look
    name = of or type(value).__name__
    plain = str(getattr(value, "value", value))
    tone, icon = STATUS_LOOKS.get(name, {}).get(plain.lower(), PLAIN)
    word = getattr(value, "label", None) or _label(name, plain) or plain.replace("_", " ").capitalize()
    return Look(word, tone, icon)


def _label(name: str, value: str) -> _StrOrPromise | None:
    """The enum's own word for a stored value; None when no enum of that name knows it."""
    for kind in models.TextChoices.__subclasses__():
        if kind.__name__ == name and value in kind.values:
            return kind(value).label
    return None


def _owned(name: str) -> type[StatusChoices] | None:
    if not name:
        return None
    return next((kind for kind in StatusChoices.__subclasses__() if kind.__name__ == name), None)
