"""InvoiceDocument → Cross Industry Invoice (UN/CEFACT D22B) of the profile EN 16931: the XML inside the PDF (Factur-X).

The order of the elements is that of the schema. The numbers of the terms (BT, BG) are those of EN 16931-1.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.utils import translation

from invoicing.einvoice import terms
from invoicing.einvoice.markup import Xml, leaf, many, node, whole
from invoicing.rendering.document import Address, Beneficiary, Endpoint, InvoiceDocument, Line, Tax

NAMESPACES: Final = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
FILE_NAME: Final = "factur-x.xml"


def serialise(document: InvoiceDocument) -> bytes:
    """The invoice (380) or credit invoice (381) as XML; the same document gives the same bytes."""
    with translation.override(document.language):
        return whole(
            "rsm:CrossIndustryInvoice",
            NAMESPACES,
            node(  # BG-2: BT-24
                "rsm:ExchangedDocumentContext",
                node("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", terms.EN16931)),
            ),
            node(  # BT-1, BT-3, BT-2, BT-22
                "rsm:ExchangedDocument",
                leaf("ram:ID", document.number),
                leaf("ram:TypeCode", document.kind.value),
                _day("ram:IssueDateTime", document.issued_on),
                many(node("ram:IncludedNote", leaf("ram:Content", note)) for note in terms.notes(document)),
            ),
            node(
                "rsm:SupplyChainTradeTransaction",
                many(_line(beneficiary, line) for beneficiary, line in terms.lines(document)),
                _agreement(document),
                _delivery(document),
                _settlement(document),
            ),
        )


def _day(name: str, day: date, space: str = "udt") -> Xml:
    return node(name, leaf(f"{space}:DateTimeString", f"{day:%Y%m%d}", format="102"))


def _period(days: tuple[date, date] | None) -> Xml:
    if days is None:
        return Xml("")
    first, last = days
    return node("ram:BillingSpecifiedPeriod", _day("ram:StartDateTime", first), _day("ram:EndDateTime", last))


def _line(beneficiary: Beneficiary, line: Line) -> Xml:
    """BG-25, with BG-26 (period), BG-27 and 28 (what the factor changes), BG-29 (price), BG-31 and 32 (item)."""
    charged = terms.charged(line)
    quantity = leaf("ram:BilledQuantity", terms.number(charged.quantity), unitCode=terms.UNIT)
    return node(
        "ram:IncludedSupplyChainTradeLineItem",
        node(  # BT-126, BT-127
            "ram:AssociatedDocumentLineDocument",
            leaf("ram:LineID", str(line.position)),
            node("ram:IncludedNote", leaf("ram:Content", terms.line_note(line))),
        ),
        node(  # BT-155, BT-153, BG-32
            "ram:SpecifiedTradeProduct",
            leaf("ram:SellerAssignedID", line.sku),
            leaf("ram:Name", line.product),
            many(
                node("ram:ApplicableProductCharacteristic", leaf("ram:Description", name), leaf("ram:Value", value))
                for name, value in terms.attributes(beneficiary, line)
            ),
        ),
        node(  # BT-132, BT-146
            "ram:SpecifiedLineTradeAgreement",
            node("ram:BuyerOrderReferencedDocument", leaf("ram:LineID", line.order_reference)),
            node("ram:NetPriceProductTradePrice", leaf("ram:ChargeAmount", terms.number(charged.price))),
        ),
        node("ram:SpecifiedLineTradeDelivery", quantity),  # BT-129, BT-130
        _line_settlement(line, charged),
    )


def _line_settlement(line: Line, charged: terms.Charged) -> Xml:
    return node(
        "ram:SpecifiedLineTradeSettlement",
        node(  # BT-151, BT-152
            "ram:ApplicableTradeTax",
            leaf("ram:TypeCode", terms.VAT),
            leaf("ram:CategoryCode", line.tax_category),
            _rate(line.tax_category, line.tax_rate),
        ),
        _period((line.period.start, line.period.last_day) if line.period else None),  # BT-134, BT-135
        _adjustment(charged),
        node(  # BT-131
            "ram:SpecifiedTradeSettlementLineMonetarySummation",
            leaf("ram:LineTotalAmount", terms.amount(charged.net)),
        ),
        _subscription(line),
    )


def _subscription(line: Line) -> Xml:
    """BT-128."""
    reference = leaf("ram:IssuerAssignedID", line.service_reference)
    code = leaf("ram:TypeCode", terms.INVOICED_OBJECT)
    return node("ram:AdditionalReferencedDocument", reference, code) if reference else Xml("")


def _adjustment(charged: terms.Charged) -> Xml:
    """BT-136 and BT-139, or BT-141 and BT-144."""
    if not charged.adjustment:
        return Xml("")
    return node(
        "ram:SpecifiedTradeAllowanceCharge",
        node("ram:ChargeIndicator", leaf("udt:Indicator", "true" if charged.adjustment > 0 else "false")),
        leaf("ram:ActualAmount", terms.amount(abs(charged.adjustment))),
        leaf("ram:Reason", charged.reason),
    )


def _rate(category: str, rate: Decimal) -> Xml:
    return Xml("") if category == terms.OUTSIDE else leaf("ram:RateApplicablePercent", terms.number(rate))


def _agreement(document: InvoiceDocument) -> Xml:
    """BT-10, BG-4 to BG-6 (seller), BG-7 and BG-8 (buyer)."""
    seller, buyer = document.seller, document.buyer
    numbered = terms.shows_vat_numbers(document)
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        leaf("ram:BuyerReference", terms.buyer_reference(document)),
        node(
            "ram:SellerTradeParty",
            leaf("ram:Name", seller.legal_name),  # BT-27
            node(  # BT-30, BT-28
                "ram:SpecifiedLegalOrganization",
                leaf("ram:ID", seller.register_entry),
                leaf("ram:TradingBusinessName", terms.trade_name(document)),
            ),
            node(  # BG-6: BT-41, BT-42, BT-43
                "ram:DefinedTradeContact",
                leaf("ram:PersonName", seller.trade_name or seller.legal_name),
                node("ram:TelephoneUniversalCommunication", leaf("ram:CompleteNumber", seller.phone)),
                node("ram:EmailURIUniversalCommunication", leaf("ram:URIID", seller.email)),
            ),
            _address(seller.address),  # BG-5
            _endpoint(seller.endpoint),  # BT-34
            _vat(terms.vat_number(seller.vat_number, seller.address.country) if numbered else ""),  # BT-31
        ),
        node(
            "ram:BuyerTradeParty",
            leaf("ram:ID", buyer.code),  # BT-46
            leaf("ram:Name", buyer.name),  # BT-44
            _address(buyer.address),  # BG-8
            _endpoint(buyer.endpoint),  # BT-49
            _vat(terms.vat_number(buyer.vat_number, buyer.address.country) if numbered else ""),  # BT-48
        ),
    )


def _address(address: Address) -> Xml:
    return node(
        "ram:PostalTradeAddress",
        leaf("ram:PostcodeCode", address.postcode),
        leaf("ram:LineOne", address.line1),
        leaf("ram:LineTwo", address.line2),
        leaf("ram:CityName", address.city),
        leaf("ram:CountryID", address.country),
        leaf("ram:CountrySubDivisionName", address.region),
    )


def _endpoint(endpoint: Endpoint | None) -> Xml:
    if endpoint is None:
        return Xml("")
    return node("ram:URIUniversalCommunication", leaf("ram:URIID", endpoint.id, schemeID=endpoint.scheme))


def _vat(number: str) -> Xml:
    return node("ram:SpecifiedTaxRegistration", leaf("ram:ID", number, schemeID="VA"))


def _delivery(document: InvoiceDocument) -> Xml:
    """BG-13: BT-70, BT-80."""
    name, country = terms.delivered_to(document)
    return node(
        "ram:ApplicableHeaderTradeDelivery",
        node(
            "ram:ShipToTradeParty",
            leaf("ram:Name", name),
            node("ram:PostalTradeAddress", leaf("ram:CountryID", country)),
        ),
    )


def _settlement(document: InvoiceDocument) -> Xml:
    """BT-83, BT-5, BG-16 (payment), BG-23 (VAT), BG-14 (period), BT-20 and BT-9, BG-22 (totals), BG-3."""
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        leaf("ram:PaymentReference", document.payment.reference if terms.payment_code(document) else ""),
        leaf("ram:InvoiceCurrencyCode", document.currency),
        _means(document),
        many(_tax(tax) for tax in document.taxes),
        _period(terms.invoicing_period(document)),
        node(
            "ram:SpecifiedTradePaymentTerms",
            leaf("ram:Description", terms.payment_terms(document)),
            _day("ram:DueDateDateTime", document.due_on) if document.due_on else Xml(""),
        ),
        _totals(document),
        _corrected(document),
    )


def _means(document: InvoiceDocument) -> Xml:
    """BT-81, BT-84, BT-85, BT-86."""
    code, iban, payment = terms.payment_code(document), terms.iban(document), document.payment
    if not code:
        return Xml("")
    account = Xml("")
    if iban:
        account = many(
            [
                node(
                    "ram:PayeePartyCreditorFinancialAccount",
                    leaf("ram:IBANID", iban),
                    leaf("ram:AccountName", payment.account_holder),
                ),
                node("ram:PayeeSpecifiedCreditorFinancialInstitution", leaf("ram:BICID", payment.bic)),
            ]
        )
    return node("ram:SpecifiedTradeSettlementPaymentMeans", leaf("ram:TypeCode", code), account)


def _tax(tax: Tax) -> Xml:
    """BT-117, BT-120, BT-116, BT-118, BT-121, BT-119."""
    code, reason = terms.exemption(tax)
    return node(
        "ram:ApplicableTradeTax",
        leaf("ram:CalculatedAmount", terms.amount(tax.amount.amount)),
        leaf("ram:TypeCode", terms.VAT),
        leaf("ram:ExemptionReason", reason),
        leaf("ram:BasisAmount", terms.amount(tax.base.amount)),
        leaf("ram:CategoryCode", tax.category),
        leaf("ram:ExemptionReasonCode", code),
        _rate(tax.category, tax.rate),
    )


def _totals(document: InvoiceDocument) -> Xml:
    """BT-106, BT-109, BT-110, BT-112, BT-115."""
    net, gross = terms.amount(document.net.amount), terms.amount(document.gross.amount)
    return node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        leaf("ram:LineTotalAmount", net),
        leaf("ram:TaxBasisTotalAmount", net),
        leaf("ram:TaxTotalAmount", terms.amount(document.tax.amount), currencyID=document.currency),
        leaf("ram:GrandTotalAmount", gross),
        leaf("ram:DuePayableAmount", gross),
    )


def _corrected(document: InvoiceDocument) -> Xml:
    """BT-25, BT-26: the invoice that a credit invoice corrects."""
    if document.corrects is None:
        return Xml("")
    return node(
        "ram:InvoiceReferencedDocument",
        leaf("ram:IssuerAssignedID", document.corrects.number),
        _day("ram:FormattedIssueDateTime", document.corrects.issued_on, "qdt"),
    )
