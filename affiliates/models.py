"""What belongs to an affiliate only. An MPN ID has no place here."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from affiliates.enums import AffiliatePurpose
from config.kernel.constraints import known_values


@pghistory.track()
class Affiliate(models.Model):
    """A business unit or hosting tenant of a reseller; a composite foreign key proves the account's kind."""

    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="affiliate")
    purpose = models.CharField(_("purpose"), max_length=16, choices=AffiliatePurpose)
    cost_centre = models.CharField(_("cost centre"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("affiliate")
        verbose_name_plural = _("affiliates")
        constraints = [known_values("affiliate_purpose_known", "purpose", AffiliatePurpose)]

    def __str__(self) -> str:
        return str(self.account)
