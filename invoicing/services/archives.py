"""The files of many documents: a ZIP that is written while it is sent, or a folder. Complete, or a clear error before.

Register (CSV) and checksums come first: both are known from the rows. Every file is compared with its hash on the way;
one that differs stops the archive, and a ZIP without its end is refused by whoever opens it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import structlog
from django.core.files.storage import Storage
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import DomainError
from config.kernel.spreadsheets import Table, csv_lines
from invoicing.models import Invoice, InvoiceFile
from invoicing.selectors import exports

log = structlog.get_logger(__name__)
BLOCK: Final = 64 * 1024
CHUNK: Final = 500
NAMED: Final = 5
CHECKSUMS: Final = "SHA256SUMS"
REGISTER: Final = "register.csv"


class NothingChosen(DomainError):
    """There is no document to put in."""

    user_message = _("There is no document in this selection.")


class FilesMissing(DomainError):
    """An archive is complete, or it is not made."""

    user_message = _("%(count)s documents have no file: %(numbers)s. Make their PDF first; an archive is complete.")


class FileDamaged(DomainError):
    """The storage gave other bytes than those that were released."""

    user_message = _("%(name)s differs from the file that was released.")


@dataclass(frozen=True, slots=True)
class Archive:
    """The documents of an archive, fixed when it was asked for."""

    invoices: Sequence[int]

    def files(self) -> Iterator[InvoiceFile]:
        """All files of the documents, a few hundred documents at a time."""
        for start in range(0, len(self.invoices), CHUNK):
            yield from exports.files_of(self.invoices[start : start + CHUNK])

    def register(self) -> Iterator[str]:
        """The lines of the register."""
        yield from csv_lines(Table("register", exports.REGISTER, (exports.register_row(file) for file in self.files())))

    def checksums(self) -> Iterator[str]:
        """The lines that `sha256sum --check` reads."""
        for file in self.files():
            yield f"{file.sha256}  {exports.name_of(file)}\n"


def archive_of(invoices: QuerySet[Invoice]) -> Archive:
    """The archive of these documents, checked before its first byte. Raises NothingChosen, FilesMissing."""
    ids = list(invoices.order_by("number").values_list("pk", flat=True))
    if not ids:
        raise NothingChosen
    missing = list(exports.without_pdf(invoices).order_by("number").values_list("number", flat=True))
    archive = Archive(ids)
    if not missing:
        storage = _storage()
        missing = [file.invoice.number for file in archive.files() if not storage.exists(str(file.file))]
    if missing:
        shown = ", ".join(missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
        raise FilesMissing(count=len(missing), numbers=shown)
    return archive


class _Pipe:
    """Where the ZIP is written: what came in is handed out and forgotten. It cannot seek, so nothing is kept back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def drain(self) -> bytes:
        """What came in since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zip_stream(archive: Archive) -> Iterator[bytes]:
    """The ZIP in pieces, in constant memory. Raises FileDamaged in the middle rather than hand out a wrong file."""
    pipe, put_in = _Pipe(), 0
    with zipfile.ZipFile(pipe, "w") as book:  # type: ignore[call-overload]  # it only writes and flushes
        for name, lines in ((REGISTER, archive.register()), (CHECKSUMS, archive.checksums())):
            with book.open(_entry(name, date(1980, 1, 1), zipfile.ZIP_DEFLATED), "w", force_zip64=True) as target:
                for line in lines:
                    target.write(line.encode())
                    yield pipe.drain()
        for file in archive.files():
            with book.open(_entry(exports.name_of(file), file.invoice.issued_on, zipfile.ZIP_STORED), "w") as target:
                for block in blocks_of(file):
                    target.write(block)
                    yield pipe.drain()
            put_in += file.kind == "pdf"
        if put_in != len(archive.invoices):
            log.error("archive.incomplete", documents=len(archive.invoices), files=put_in)
            raise FilesMissing(count=len(archive.invoices) - put_in, numbers="?")
    yield pipe.drain()


def _entry(name: str, day: date, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def blocks_of(file: InvoiceFile) -> Iterator[bytes]:
    """The bytes of a stored file; the last block only comes when all of them are what was released.

    Raises FileDamaged.
    """
    digest, held = hashlib.sha256(), b""
    with _storage().open(str(file.file), "rb") as stored:
        while block := stored.read(BLOCK):
            digest.update(block)
            if held:
                yield held
            held = block
    if digest.hexdigest() != file.sha256:
        log.error("document.differs", invoice=file.invoice.number, file=str(file.file))
        raise FileDamaged(name=exports.name_of(file))
    yield held


def write_folder(archive: Archive, folder: Path) -> int:
    """Write files, register and checksums into a folder, each as a whole or not at all; return how many files.

    Files of the same names are replaced. Raises FileDamaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for file in archive.files():
        _put(folder / exports.name_of(file), blocks_of(file))
        count += 1
    _put(folder / REGISTER, (line.encode() for line in archive.register()))
    _put(folder / CHECKSUMS, (line.encode() for line in archive.checksums()))
    return count


def _put(target: Path, blocks: Iterator[bytes]) -> None:
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _storage() -> Storage:
    storage: Storage = InvoiceFile._meta.get_field("file").storage
    return storage
