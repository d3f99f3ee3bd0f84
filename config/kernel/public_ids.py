"""Ids that may stand in an address: random, without meaning, without order."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 20


PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def new_public_id() -> str:
    """Return 20 random characters (about 99 bits) without look-alikes."""
    rest, signs = secrets.randbelow(len(PAIRS) ** (LENGTH // 2)), ""
    for _ in range(LENGTH // 2):
        rest, pair = divmod(rest, len(PAIRS))
        signs += PAIRS[pair]
    return signs


class PublicIdField(models.CharField):
    """The id of a row in addresses, exports and APIs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Unique unless told otherwise: a history table holds the id once per change."""
        kwargs.update(max_length=LENGTH, editable=False, default=new_public_id)
        kwargs.setdefault("unique", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """A migration says whether the id is unique: the constructor's word for silence is yes."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["unique"] = self.unique
        return name, path, args, kwargs
