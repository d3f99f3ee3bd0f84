"""The order a reader chooses for a list."""

from __future__ import annotations

import pytest

from config.kernel.sorting import Chosen, Sort, chosen

SORTS = (Sort("placed", ("placed_at",), "Oldest first", "Newest first"), Sort("net", ("-rank", "net"), "Up", "Down"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("placed", Chosen("placed", ("placed_at", "pk"), "Oldest first")),
        ("-placed", Chosen("-placed", ("-placed_at", "-pk"), "Newest first")),
        ("-net", Chosen("-net", ("rank", "-net", "-pk"), "Down")),
        ("", Chosen("-placed", ("-placed_at", "-pk"), "Newest first")),
        ("password", Chosen("-placed", ("-placed_at", "-pk"), "Newest first")),
        ("--net", Chosen("-placed", ("-placed_at", "-pk"), "Newest first")),
    ],
)
def test_only_known_orders_are_taken(wanted, expected):
    assert chosen(SORTS, wanted, default="-placed") == expected
