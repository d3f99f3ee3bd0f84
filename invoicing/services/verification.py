"""Looks at stored files again: are the bytes those that were released, and would they be made again?"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from django.core.files.storage import Storage

from invoicing.enums import FileKind
from invoicing.models import BillingRun, Invoice, InvoiceFile
from invoicing.selectors import documents as selectors

MISSING: Final = "missing"
DAMAGED: Final = "damaged"
DIFFERS: Final = "differs"
CONTRADICTS: Final = "contradicts"
OTHER_RENDERER: Final = "other renderer"


@dataclass(frozen=True, slots=True)
class Difference:
    """What is found about one document. Bytes of another renderer cannot be compared; that alone is no fault."""

    number: str
    what: str
    detail: str

    @property
    def is_fault(self) -> bool:
        """Whether somebody has to act."""
        return self.what != OTHER_RENDERER


def sample(*, size: int | None, seed: int, run: BillingRun | None = None, numbers: Sequence[str] = ()) -> list[int]:
    """Ids of documents with files, in the order of their numbers; all of them when `size` is None.

    The same seed draws the same sample from the same documents.
    """
    found = Invoice.objects.filter(files__kind=FileKind.PDF)
    if run is not None:
        found = found.filter(run_item__run=run)
    if numbers:
        found = found.filter(number__in=numbers)
    ids = list(found.order_by("number", "pk").values_list("pk", flat=True))
    if size is None or size >= len(ids):
        return ids
    drawn = set(random.Random(seed).sample(ids, size))  # noqa: S311 -- a sample of documents, no secret
    return [pk for pk in ids if pk in drawn]


def differences(*, invoice_ids: Sequence[int]) -> Iterator[Difference]:
    """Compare the files of these documents with their hashes, then with what is rendered anew. Writes nothing."""
    for pk in invoice_ids:
        invoice = Invoice.objects.select_related("corrects", "rendering").get(pk=pk)
        files = {FileKind(file.kind): file for file in invoice.files.order_by("kind")}
        yield from _stored(invoice, files)
        yield from _made_again(invoice, files)


def _stored(invoice: Invoice, files: dict[FileKind, InvoiceFile]) -> Iterator[Difference]:
    from invoicing.einvoice import reading, release

    for kind, file in files.items():
        name = PurePath(str(file.file)).name
        data = _bytes(file)
        if data is None:
            yield Difference(invoice.number, MISSING, f"{name} is not in the storage")
        elif hashlib.sha256(data).hexdigest() != file.sha256:
            yield Difference(invoice.number, DAMAGED, f"{name} is not what was released ({file.sha256[:12]}…)")
        elif kind is not FileKind.PDF:
            for told in release.contradictions(reading.read(data), selectors.recorded(invoice.pk)):
                yield Difference(invoice.number, CONTRADICTS, f"{name}: {told}")


def _made_again(invoice: Invoice, files: dict[FileKind, InvoiceFile]) -> Iterator[Difference]:
    from invoicing.rendering import pdf
    from invoicing.services import documents

    rendering = getattr(invoice, "rendering", None)
    before, now = rendering.renderer if rendering else "", pdf.renderer_version()
    if before != now:
        yield Difference(invoice.number, OTHER_RENDERER, f"made with {before or 'an unknown one'}, here is {now}")
        return
    made = documents.rendered(selectors.build(invoice))
    for kind, file in files.items():
        digest = hashlib.sha256(made.get(kind, b"")).hexdigest()
        if digest != file.sha256:
            name = PurePath(str(file.file)).name
            yield Difference(invoice.number, DIFFERS, f"{name} {file.sha256[:12]}… would be {digest[:12]}… today")


def _bytes(file: InvoiceFile) -> bytes | None:
    storage: Storage = InvoiceFile._meta.get_field("file").storage
    try:
        with storage.open(str(file.file), "rb") as stored:
            return bytes(stored.read())
    except FileNotFoundError:
        return None
