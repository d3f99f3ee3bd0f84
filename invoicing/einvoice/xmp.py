"""What the metadata of the PDF says about the XML inside (Factur-X 1.0, PDF/A-3 extension schema).

PDF/A allows properties of a foreign schema only when the same metadata describe them (ISO 19005-3, 6.6.2.3).
"""

from __future__ import annotations

from typing import Final

from invoicing.einvoice import cii

NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES: Final = {
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters"),
    "DocumentFileName": (cii.FILE_NAME, "The name of the embedded XML document"),
    "Version": ("1.0", "The version of the standard of the XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the XML document"),
}


def _described(name: str, about: str) -> str:
    facts = {"name": name, "valueType": "Text", "category": "external", "description": about}
    inside = "".join(f"<pdfaProperty:{key}>{value}</pdfaProperty:{key}>" for key, value in facts.items())
    return f'<rdf:li rdf:parseType="Resource">{inside}</rdf:li>'


DESCRIPTIONS: Final = (
    f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">'
    + "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _about) in PROPERTIES.items())
    + '</rdf:Description><rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
    f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    + "".join(_described(name, about) for name, (_value, about) in PROPERTIES.items())
    + "</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


def merged(rdf: bytes) -> bytes:
    """The metadata with ours, in one rdf:RDF: a strict reader does not look into a second one."""
    return rdf.replace(b"</rdf:RDF>", DESCRIPTIONS.encode() + b"</rdf:RDF>")
