"""What every list of the Storefront shares: search, filters, order and page length, all in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

from config.kernel.sorting import Chosen, Sort, chosen
from resellers.access import ResellerView
from storefront.forms.lists import Search

SIZES: Final = (25, 50, 100)
SIZE: Final = 50
Row = TypeVar("Row", bound=Model)


class ListPage(ResellerView):
    """A list with its sorts; the first key of `default` is the order without a wish."""

    sorts: ClassVar[Sequence[Sort]] = ()
    default: ClassVar[str] = ""

    @property
    def sort(self) -> Chosen:
        """The order in force."""
        return chosen(self.sorts, self.request.GET.get("sort", ""), default=self.default)

    def paged(self, rows: QuerySet[Row]) -> Page[Row]:
        """The page asked for, in the order in force."""
        wanted = self.request.GET.get("rows", "")
        size = int(wanted) if wanted in {str(size) for size in SIZES} else SIZE
        return Paginator(rows.order_by(*self.sort.fields), size).get_page(self.request.GET.get("page"))

    def facts(self, form: Search, rows: QuerySet[Any]) -> dict[str, Any]:
        """What the template of a list prints."""
        return {
            "form": form,
            "rows": self.paged(rows),
            "sort": self.sort,
            "sizes": SIZES,
            "is_filtered": form.is_on(),
        }
