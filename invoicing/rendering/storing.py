"""Writes a file as a whole or not at all, through any Django storage."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage


def put(storage: Storage, name: str, data: bytes) -> str:
    """Store the bytes under the name and return the name that was taken.

    On a file system: temporary name in the same folder, fsync, rename. A reader sees the old bytes, the new bytes or
    nothing, also after `kill -9`. Other storages (S3-compatible) put objects atomically by themselves; a left-over of
    an attempt that never recorded its hash is replaced.
    """
    if isinstance(storage, FileSystemStorage):
        _put_by_rename(Path(storage.path(name)), data)
        return name
    if storage.exists(name):
        storage.delete(name)
    return storage.save(name, ContentFile(data))


def _put_by_rename(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
