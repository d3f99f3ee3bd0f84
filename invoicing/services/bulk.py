"""Bulk writes in one statement each: ids taken beforehand from the sequences, rows by COPY or as one JSON parameter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from psycopg.types.json import Jsonb

_dumps = partial(json.dumps, default=str)


def take_ids(
    wanted: Mapping[type[Model], int], *, while_doing: tuple[str, Sequence[Any]] | None = None
) -> dict[type[Model], list[int]]:
    """Take so many ids of each table from its sequence, in one query.

    `while_doing` is a data-modifying statement (with its parameters) that makes the same trip to the database.
    """
    doing, values = while_doing or ("SELECT", ())
    parts: list[str] = []
    counts: list[int | str] = []
    for place, (model, count) in enumerate(wanted.items()):
        parts.append("SELECT %s, nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)")
        counts += [place, model._meta.db_table, count]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH done AS ({doing}) {' UNION ALL '.join(parts)}", [*values, *counts])
        rows = cursor.fetchall()
    ids: list[list[int]] = [[] for _ in wanted]
    for place, number in rows:
        ids[place].append(number)
    return {model: sorted(numbers) for model, numbers in zip(wanted, ids, strict=True)}


def copy_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of a table by COPY; the fields that are not named take the database's default or stay null.

    The rows are made first: while a COPY is open the connection answers no query.
    """
    ready = list(rows)
    named = ", ".join(columns(model, fields))
    table = connection.ops.quote_name(model._meta.db_table)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy,
    ):
        for row in ready:
            copy.write_row(row)


def columns(model: type[Model], fields: Sequence[str]) -> list[str]:
    """The columns of these fields, quoted."""
    return [connection.ops.quote_name(_column(model, name)) for name in fields]


def as_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> Jsonb:
    """Rows as one parameter for `jsonb_populate_recordset(NULL::table, …)`; amounts and days travel as texts."""
    names = [_column(model, name) for name in fields]
    return Jsonb([dict(zip(names, row, strict=True)) for row in rows], dumps=_dumps)


def _column(model: type[Model], name: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    assert field.column is not None
    return str(field.column)
