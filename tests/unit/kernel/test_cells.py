"""Cells that know the head of their column."""

from __future__ import annotations

import re

from config.kernel.components.cells import labelled

HEAD = (
    '<thead><tr><th scope="col">Order</th><th class="num"><a href="?">Net &amp; more</a></th>'
    "<th>Gross</th></tr></thead>"
)


def test_every_cell_but_the_first_learns_its_head():
    rows = '<tbody><tr><td>A</td><td class="num">1</td><td>2</td></tr><tr><td>B</td><td>3</td><td>4</td></tr></tbody>'

    told = labelled(HEAD + rows)

    assert told.startswith(HEAD)
    assert '<tr><td>A</td><td class="num" data-label="Net &amp; more">1</td><td data-label="Gross">2</td></tr>' in told
    assert '<tr><td>B</td><td data-label="Net &amp; more">3</td>' in told


def test_a_cell_over_several_columns_counts_as_all_of_them():
    foot = '<tfoot><tr><td colspan="2">This page</td><td>9</td></tr></tfoot>'

    assert '<td colspan="2">This page</td><td data-label="Gross">9</td>' in labelled(HEAD + foot)


def test_a_hidden_head_labels_nothing_and_a_quote_stays_inside_the_attribute():
    head = '<thead><tr><th>A</th><th><span class="vh">Change</span></th><th>The "best"</th></tr></thead>'

    told = labelled(head + "<tbody><tr><td>1</td><td>2</td><td>3</td></tr></tbody>")

    assert '<td>1</td><td>2</td><td data-label="The &quot;best&quot;">3</td>' in told


def test_a_table_without_heads_stays_as_it_is():
    assert labelled("<tbody><tr><td>1</td></tr></tbody>") == "<tbody><tr><td>1</td></tr></tbody>"


def test_a_cell_of_nothing_but_space_is_empty() -> None:
    told = labelled(HEAD + "<tbody><tr><td>1</td><td>\n   </td><td class='num'>  9 </td></tr></tbody>")

    assert re.search(r'<td data-label="[^"]+"></td>', told)
    assert ">  9 </td>" in told
