"""Free texts of an invoice cannot read a file, call another machine or become markup (reliability.md S15–S17)."""

from __future__ import annotations

import ast
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import weasyprint

from invoicing.rendering import pdf
from invoicing.rendering.document import Correction, InvoiceDocument
from invoicing.rendering.fetcher import BundledFilesOnly, ForbiddenAddress
from tests.golden.invoicing import samples

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine and the addresses that were asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def attacks(address: str, secret: Path) -> list[str]:
    return [
        f'<a rel=attachment href="file://{secret}">x</a>',
        f'<link rel=attachment href="{address}/attachment">',
        f'<img src="{address}/img">',
        f'<iframe src="file://{secret}"></iframe>',
        f"<style>@import url({address}/css); body {{ background: url({address}/bg) }}</style>",
        f'<svg><image href="{address}/svg"/></svg>',
        f'"><object data="{address}/object"></object>',
        f'<base href="{address}/">',
        f'</title><link rel=stylesheet href="{address}/sheet">',
        "{{ 7|add:7 }}{% debug %}",
        "\u202egnirts\u202c \x00\x07\ud800 tail",
    ]


def everywhere(text: str) -> InvoiceDocument:
    """A document that carries the text in each of its free texts."""
    base = samples.separate()
    party = replace(base.buyer.address, line1=text, line2=text, city=text, region=text, postcode=text, country=text)
    line = replace(
        base.sections[0].lines[0],
        product=text,
        sku=text,
        service_reference=text,
        order_reference=text,
        price_source=text,
        kind=text,
    )
    user = replace(base.sections[0].beneficiary, name=text, code=text, partner_id=text, tenant_domain=text)
    return replace(
        base,
        number=text,
        seller=replace(
            base.seller, legal_name=text, trade_name=text, vat_number=text, register_entry=text, address=party
        ),
        buyer=replace(base.buyer, name=text, code=text, vat_number=text, address=party),
        sections=(replace(base.sections[0], beneficiary=user, lines=(line,)),),
        payment=replace(base.payment, account_holder=text, iban=text, bic=text, bank_name=text, method=text),
        corrects=Correction(text, base.issued_on, text),
        notes=(text,),
    )


def test_texts_fetch_nothing_embed_nothing_and_appear_as_text(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of this machine")
    for attack in attacks(address, secret):
        data = pdf.render(everywhere(attack))

        with pikepdf.open(BytesIO(data)) as file:
            assert set(file.attachments) == {"factur-x.xml", "split.csv"}
            inside = b"".join(spec.get_file().read_bytes() for spec in file.attachments.values())
            assert b"the secret of this machine" not in inside
            assert b"the secret of this machine" not in data
        with pypdfium2.PdfDocument(data) as file:
            text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in file)
        if attack.isprintable():
            assert "".join(attack.split()) in text
    assert asked == []


def test_listener_is_reached_by_a_renderer_without_our_door(listener: tuple[str, list[str]]) -> None:
    """The negative control: WeasyPrint's own fetcher would have asked."""
    address, asked = listener

    weasyprint.HTML(string=f'<img src="{address}/img">').write_pdf()

    assert asked == ["/img"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://example.com/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/css,body{}",
        "static:../manage.py",
        "static:/etc/passwd",
        "static:fonts/../../pyproject.toml",
        "static:fonts/missing.ttf",
        "static:fonts",
        "STATIC:fonts/IBMPlexSans-Regular.ttf",
    ],
)
def test_fetcher_refuses_everything_but_bundled_files(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        BundledFilesOnly().fetch(url)


def test_fetcher_refuses_a_link_that_leads_out(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "static" / "link").symlink_to(tmp_path / "secret")

    with pytest.raises(ForbiddenAddress):
        BundledFilesOnly(tmp_path / "static").fetch("static:link")


def test_fetcher_answers_a_bundled_font() -> None:
    assert BundledFilesOnly().fetch("static:fonts/IBMPlexSans-Regular.ttf").read()[:4] == b"\x00\x01\x00\x00"


def test_render_fails_when_weasyprint_reports_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.layout, "html", lambda document: '<img src="http://127.0.0.1:9/x">')

    with pytest.raises(pdf.RenderingFailed, match=r"127\.0\.0\.1"):
        pdf.render(samples.separate())


def test_weasyprint_is_new_enough() -> None:
    assert int(weasyprint.__version__.split(".")[0]) >= 70


def test_every_call_of_weasyprint_passes_our_fetcher() -> None:
    calls = 0
    for path in (ROOT / "invoicing").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"weasyprint.HTML", "weasyprint.CSS"}:
                calls += 1
                assert any(keyword.arg == "url_fetcher" for keyword in node.keywords), f"{path}:{node.lineno}"
    assert calls == 2
