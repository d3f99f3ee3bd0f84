"""Bulk writes: ids taken beforehand from the sequences, rows written by COPY, one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def take_ids(wanted: Mapping[type[Model], int]) -> dict[type[Model], list[int]]:
    """Take so many ids of each table from its sequence, in one query."""
    parts: list[str] = []
    values: list[int | str] = []
    for place, (model, count) in enumerate(wanted.items()):
        parts.append("SELECT %s, nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)")
        values += [place, model._meta.db_table, count]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
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
    columns = ", ".join(connection.ops.quote_name(_column(model, name)) for name in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in ready:
            copy.write_row(row)


def _column(model: type[Model], name: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    assert field.column is not None
    return str(field.column)
