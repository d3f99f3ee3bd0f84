"""InvoiceDocument → UBL 2.1 as Peppol BIS Billing 3 wants it: beside the PDF, when both sides have an endpoint.

The order of the elements is that of the schema. The numbers of the terms (BT, BG) are those of EN 16931-1. Nothing is
empty, there is one note, and seller and buyer carry their electronic addresses (Peppol R008, R002, R010, R020).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.utils import translation

from invoicing.einvoice import terms
from invoicing.einvoice.markup import Xml, leaf, many, node, whole
from invoicing.rendering.document import (
    Address,
    Beneficiary,
    Buyer,
    DocumentKind,
    Endpoint,
    InvoiceDocument,
    Line,
    Seller,
    Tax,
)

CUSTOMISATION: Final = f"{terms.EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
ROOT: Final = "urn:oasis:names:specification:ubl:schema:xsd"
SPACES: Final = {"cac": f"{ROOT}:CommonAggregateComponents-2", "cbc": f"{ROOT}:CommonBasicComponents-2"}


def is_offered(document: InvoiceDocument) -> bool:
    """Both sides can be reached in the network."""
    return document.seller.endpoint is not None and document.buyer.endpoint is not None


def serialise(document: InvoiceDocument) -> bytes:
    """The invoice (380) or credit note (381) as XML; the same document gives the same bytes."""
    is_credit = document.kind is DocumentKind.CREDIT
    name = "CreditNote" if is_credit else "Invoice"
    with translation.override(document.language):
        return whole(
            name,
            {"": f"{ROOT}:{name}-2", **SPACES},
            leaf("cbc:CustomizationID", CUSTOMISATION),  # BT-24
            leaf("cbc:ProfileID", PROCESS),  # BT-23
            leaf("cbc:ID", document.number),  # BT-1
            _day("cbc:IssueDate", document.issued_on),  # BT-2
            _day("cbc:DueDate", None if is_credit else document.due_on),  # BT-9
            leaf(f"cbc:{name}TypeCode", document.kind.value),  # BT-3
            leaf("cbc:Note", " · ".join(terms.notes(document))),  # BT-22
            leaf("cbc:DocumentCurrencyCode", document.currency),  # BT-5
            leaf("cbc:BuyerReference", terms.buyer_reference(document)),  # BT-10
            _period(terms.invoicing_period(document)),  # BG-14
            _corrected(document),  # BG-3
            node("cac:AccountingSupplierParty", _seller(document)),  # BG-4
            node("cac:AccountingCustomerParty", _buyer(document)),  # BG-7
            _delivery(document),  # BG-13
            _means(document),  # BG-16
            node("cac:PaymentTerms", leaf("cbc:Note", terms.payment_terms(document))),  # BT-20
            _taxes(document),  # BG-23
            _totals(document),  # BG-22
            many(_line(name, beneficiary, line) for beneficiary, line in terms.lines(document)),  # BG-25
        )


def _day(name: str, day: date | None) -> Xml:
    return leaf(name, day.isoformat() if day else "")


def _amount(name: str, value: Decimal, currency: str) -> Xml:
    return leaf(name, terms.amount(value), currencyID=currency)


def _period(days: tuple[date, date] | None) -> Xml:
    first, last = days or (None, None)
    return node("cac:InvoicePeriod", _day("cbc:StartDate", first), _day("cbc:EndDate", last))


def _corrected(document: InvoiceDocument) -> Xml:
    """BT-25, BT-26."""
    if document.corrects is None:
        return Xml("")
    number, day = leaf("cbc:ID", document.corrects.number), _day("cbc:IssueDate", document.corrects.issued_on)
    return node("cac:BillingReference", node("cac:InvoiceDocumentReference", number, day))


def _seller(document: InvoiceDocument) -> Xml:
    """BT-34, BT-28, BG-5, BT-31, BT-27, BT-30, BG-6."""
    seller = document.seller
    return node(
        "cac:Party",
        _endpoint(seller.endpoint),
        node("cac:PartyName", leaf("cbc:Name", terms.trade_name(document))),
        _address(seller.address),
        _vat(document, seller),
        node(
            "cac:PartyLegalEntity",
            leaf("cbc:RegistrationName", seller.legal_name),
            leaf("cbc:CompanyID", seller.register_entry),
        ),
        node(
            "cac:Contact",
            leaf("cbc:Name", seller.trade_name or seller.legal_name),
            leaf("cbc:Telephone", seller.phone),
            leaf("cbc:ElectronicMail", seller.email),
        ),
    )


def _buyer(document: InvoiceDocument) -> Xml:
    """BT-49, BT-46, BG-8, BT-48, BT-44."""
    buyer = document.buyer
    return node(
        "cac:Party",
        _endpoint(buyer.endpoint),
        node("cac:PartyIdentification", leaf("cbc:ID", buyer.code)),
        _address(buyer.address),
        _vat(document, buyer),
        node("cac:PartyLegalEntity", leaf("cbc:RegistrationName", buyer.name)),
    )


def _endpoint(endpoint: Endpoint | None) -> Xml:
    return leaf("cbc:EndpointID", endpoint.id, schemeID=endpoint.scheme) if endpoint else Xml("")


def _address(address: Address) -> Xml:
    return node(
        "cac:PostalAddress",
        leaf("cbc:StreetName", address.line1),
        leaf("cbc:AdditionalStreetName", address.line2),
        leaf("cbc:CityName", address.city),
        leaf("cbc:PostalZone", address.postcode),
        leaf("cbc:CountrySubentity", address.region),
        _country(address.country),
    )


def _country(code: str) -> Xml:
    return node("cac:Country", leaf("cbc:IdentificationCode", code))


def _scheme() -> Xml:
    return node("cac:TaxScheme", leaf("cbc:ID", terms.VAT))


def _vat(document: InvoiceDocument, party: Seller | Buyer) -> Xml:
    number = terms.vat_number(party.vat_number, party.address.country)
    if not number or not terms.shows_vat_numbers(document):
        return Xml("")
    return node("cac:PartyTaxScheme", leaf("cbc:CompanyID", number), _scheme())


def _delivery(document: InvoiceDocument) -> Xml:
    """BT-80, BT-70."""
    name, country = terms.delivered_to(document)
    return node(
        "cac:Delivery",
        node("cac:DeliveryLocation", node("cac:Address", _country(country))),
        node("cac:DeliveryParty", node("cac:PartyName", leaf("cbc:Name", name))),
    )


def _means(document: InvoiceDocument) -> Xml:
    """BT-81, BT-83, BT-84, BT-85, BT-86."""
    code, iban, payment = terms.payment_code(document), terms.iban(document), document.payment
    if not code:
        return Xml("")
    account = node(
        "cac:PayeeFinancialAccount",
        leaf("cbc:ID", iban),
        leaf("cbc:Name", payment.account_holder),
        node("cac:FinancialInstitutionBranch", leaf("cbc:ID", payment.bic)),
    )
    return node(
        "cac:PaymentMeans",
        leaf("cbc:PaymentMeansCode", code),
        leaf("cbc:PaymentID", payment.reference),
        account if iban else Xml(""),
    )


def _category(name: str, category: str, rate: Decimal, *reasons: Xml) -> Xml:
    percent = Xml("") if category == terms.OUTSIDE else leaf("cbc:Percent", terms.number(rate))
    return node(name, leaf("cbc:ID", category), percent, *reasons, _scheme())


def _taxes(document: InvoiceDocument) -> Xml:
    """BT-110, and per category and rate BT-116 to BT-121."""
    return node(
        "cac:TaxTotal",
        _amount("cbc:TaxAmount", document.tax.amount, document.currency),
        many(_tax(tax) for tax in document.taxes),
    )


def _tax(tax: Tax) -> Xml:
    code, reason = terms.exemption(tax)
    reasons = leaf("cbc:TaxExemptionReasonCode", code), leaf("cbc:TaxExemptionReason", reason)
    return node(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", tax.base.amount, tax.base.currency),
        _amount("cbc:TaxAmount", tax.amount.amount, tax.amount.currency),
        _category("cac:TaxCategory", tax.category, tax.rate, *reasons),
    )


def _totals(document: InvoiceDocument) -> Xml:
    """BT-106, BT-109, BT-112, BT-115."""
    names = {
        "cbc:LineExtensionAmount": document.net,
        "cbc:TaxExclusiveAmount": document.net,
        "cbc:TaxInclusiveAmount": document.gross,
        "cbc:PayableAmount": document.gross,
    }
    return node(
        "cac:LegalMonetaryTotal",
        many(_amount(name, value.amount, value.currency) for name, value in names.items()),
    )


def _line(document: str, beneficiary: Beneficiary, line: Line) -> Xml:
    """BT-126, 127, 129, 131, BG-26, BT-132, BT-128, BG-27 or 28, BG-31, BG-29; `document` names the root element."""
    charged, currency = terms.charged(line), line.net.currency
    kind = "Invoiced" if document == "Invoice" else "Credited"
    quantity = leaf(f"cbc:{kind}Quantity", terms.number(charged.quantity), unitCode=terms.UNIT)
    return node(
        f"cac:{document}Line",
        leaf("cbc:ID", str(line.position)),
        leaf("cbc:Note", terms.line_note(line)),
        quantity,
        _amount("cbc:LineExtensionAmount", charged.net, currency),
        _period((line.period.start, line.period.last_day) if line.period else None),
        node("cac:OrderLineReference", leaf("cbc:LineID", line.order_reference)),
        _subscription(line),
        _adjustment(charged, currency),
        _item(beneficiary, line),
        node("cac:Price", leaf("cbc:PriceAmount", terms.number(charged.price), currencyID=currency)),
    )


def _subscription(line: Line) -> Xml:
    reference, code = leaf("cbc:ID", line.service_reference), leaf("cbc:DocumentTypeCode", terms.INVOICED_OBJECT)
    return node("cac:DocumentReference", reference, code) if reference else Xml("")


def _adjustment(charged: terms.Charged, currency: str) -> Xml:
    """BT-136 and BT-139, or BT-141 and BT-144."""
    if not charged.adjustment:
        return Xml("")
    return node(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "true" if charged.adjustment > 0 else "false"),
        leaf("cbc:AllowanceChargeReason", charged.reason),
        _amount("cbc:Amount", abs(charged.adjustment), currency),
    )


def _item(beneficiary: Beneficiary, line: Line) -> Xml:
    """BT-153, BT-155, BT-151, BT-152, BG-32."""
    return node(
        "cac:Item",
        leaf("cbc:Name", line.product),
        node("cac:SellersItemIdentification", leaf("cbc:ID", line.sku)),
        _category("cac:ClassifiedTaxCategory", line.tax_category, line.tax_rate),
        many(
            node("cac:AdditionalItemProperty", leaf("cbc:Name", name), leaf("cbc:Value", value))
            for name, value in terms.attributes(beneficiary, line)
        ),
    )
