"""What an affiliate is for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AffiliatePurpose(models.TextChoices):
    """Business unit, or an extra tenant used for hosting (product.md M15)."""

    BUSINESS_UNIT = "business_unit", _("Business unit")
    HOSTING_TENANT = "hosting_tenant", _("Tenant for hosting")
