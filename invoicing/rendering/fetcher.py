"""The only door through which a document can load anything: bundled static files, nothing else.

WeasyPrint's own fetcher opens `file:`, `http:` and redirects; markup that slipped into a text would then read local
files or call other machines (reliability.md §2.22, S15). Ours knows one scheme and one folder.
"""

from __future__ import annotations

from pathlib import Path

from weasyprint.urls import URLFetcher, URLFetcherResponse

STATIC = Path(__file__).resolve().parents[2] / "static"
SCHEME = "static:"


class ForbiddenAddress(ValueError):
    """A document asked for something that is not a bundled static file."""


class BundledFilesOnly(URLFetcher):
    """Answers `static:fonts/X.ttf` from the `static/` folder of this code base and refuses every other address."""

    def __init__(self, root: Path = STATIC) -> None:
        super().__init__(allowed_protocols=("static",), allow_redirects=False)
        self._root = root.resolve()

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """The bytes of a bundled file. Raises ForbiddenAddress for anything else, before opening anything."""
        if not url.startswith(SCHEME):
            raise ForbiddenAddress(url)
        path = (self._root / url.removeprefix(SCHEME).lstrip("/")).resolve()
        if not path.is_relative_to(self._root) or not path.is_file():
            raise ForbiddenAddress(url)
        return URLFetcherResponse(url, path.read_bytes())
