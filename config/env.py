"""Reads and checks every environment variable, once. `docs/operations.md` lists them."""

from __future__ import annotations

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
