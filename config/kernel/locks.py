"""Row locks. Order everywhere: bill-to account, then order or run item, then number series."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def lock(row: Row) -> Row:
    """Read the row again under `SELECT … FOR NO KEY UPDATE`; the caller holds a transaction.

    Two callers exclude each other. Rows that only point at this one (a foreign key takes `FOR KEY SHARE`) come in
    meanwhile: nobody changes keys here, and with `FOR UPDATE` two transactions that had each written such a row would
    wait for each other for ever. Raises `TransactionManagementError` outside a transaction and `DoesNotExist` when the
    row is gone.
    """
    model = row.__class__  # of what a lazy object (request.user) stands for
    return model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
