"""`{% load ui %}`: the components every page is composed of. An unknown argument is an error.

In a line
    {% icon "lock" %}                                    {% icon "lock" label=_("Held") %}
    {% badge order.status of="OrderStatus" %}            {% badge member %}  {% badge look %}   state: icon and word
    {% tag _("Cheapest") tone="ok" icon_name="check" %}  a free badge
    {% mode order.mode %}                                {% mode order.mode text=order.beneficiary.name %}
    {% money amount %}  {% money row.net row.currency signed=True %}     None prints "–"
    {% number 1302 %}  {% percent 24 %}
    {% due_in d today %}  {% month_name d %}             "in 21 days" beside the date itself; "November 2026"
    {% day d %}  {% moment at %}  {% deadline at %}  {% period start end %}      in the reader's language and zone
    All of these take `as name` to hand the text to another component.

Forms
    {% error_summary form other_form %}                  first in main; nothing when there is no error
    {% field form.name hint=… unit="EUR" size="short" %} label, hint, error, input ({{ form.name.as_field_group }} is the same)
    {% button _("Save reseller") main=True %}            {% button _("Cancel") href=url %}   name= value= small= wide= bad= icon_name=
    <span id="iban">…</span>{% copy_button "iban" _("IBAN") %}   copies that text, shown where the browser can
    {% refused _("Reduce seats") _("The window closed on 23 Nov.") %}     instead of a disabled button
    <div class="modes">{% mode_card "affiliate" name="mode" title=… used_by=… tenant=… incentive=… invoice=… checked=… reason=… %}</div>
    {% matrix columns=heads rows=rows name="offer" caption=_("Term and billing") selected=value %}

Blocks
    {% page_head _("Orders") lead=… crumbs=crumbs badge=ready_badge %} buttons {% endpage_head %}
    {% card title=_("Open invoices") note=… link=_("All") href=url flush=True stack=True %} … {% endcard %}
    {% banner "warn" _("Bold sentence.") link=… href=… %} detail {% endbanner %}
    {% empty_state _("Nothing is due.") button=_("New order") href=url %}
    {% tabs items _("Saved views") %}                    items: label, url, count, current
    {% filter_bar form sorted_by=_("Newest first") %}    GET form, chips, clear all
    {% table _("Orders, newest first") cards=True %}<thead><tr>{% th _("Order") sort="number" current="-placed" %}{% th _("Net") num=True %}…{% endtable %}
        cells: class "num" for figures, "name" for names that wrap, "id" for numbers; <a class="strong">; <small> is the second line
    {% pager page sizes=sizes %}
    {% queue %}{% queue_item title text tone="bad" icon_name="circle-alert" due=amount due_note=… href=url action=_("Pay") %}{% endqueue %}
    {% steps labels 2 %}
    {% timeline %}{% event _("Issued") icon_name="circle-check" at=at text=… %}{% endtimeline %}
    {% why "5 seats × €12.00 × 12/31 = €23.23" note=… %}{% ledger text=True %}…{% endledger %}{% endwhy %}     {% because title formula %}

Figures
    <div class="stats">{% stat _("Open, gross") total note=… tone="bad" big=True %}</div>
    {% ledger %}{% entry _("Net") net %}{% entry _("Gross") gross sum=True %}{% endledger %}      {% ledger text=True %} for facts in words
    {% progress 868 1302 label=_("Issue") note=… %}      {% split_bar parts label=… whole=limit %}
    {% bar_chart columns title=… description=… %}{% legend items %}       columns: config.kernel.charts.Column

Layout classes: cols cols-2-1 | cols-form (content + `side`) | cols-half | cols-3 | cols-5-3, stack, stack-sm, row, stats, grid-2, form-buttons.
"""

from __future__ import annotations

from django import template

from config.kernel.components import blocks, figures, forms, text

register = template.Library()

for part in (text, forms, blocks, figures):
    register.tags.update(part.register.tags)
