"""Tax rules: made and corrected with their audit. Issued invoices keep the tax they were issued with."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from invoicing.models import TaxRule


@transaction.atomic
def save(*, rule: TaxRule, by: User | None, at: datetime) -> TaxRule:
    """Store a new rule, or an edited one; rates are per cent, both days of its validity are inclusive."""
    stored = TaxRule.objects.select_for_update().filter(pk=rule.pk).first() if rule.pk else None
    rule.save()
    before, after = _facts(stored), _facts(rule) or {}
    changed = [name for name in after if before is None or before[name] != after[name]]
    if changed:
        audit.record(
            "tax_rule.changed" if before else "tax_rule.created",
            target=rule,
            by=by,
            at=at,
            before={name: before[name] for name in changed} if before else None,
            after={name: after[name] for name in changed},
        )
    return rule


def _facts(rule: TaxRule | None) -> dict[str, str] | None:
    if rule is None:
        return None
    plain = [field for field in TaxRule._meta.concrete_fields if not field.primary_key]
    values = {field.name: field.value_from_object(rule) for field in plain}
    return {name: "" if value is None else str(value) for name, value in values.items()}
