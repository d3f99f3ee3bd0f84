"""The client against the simulator process, over HTTP."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest

from storefront.partner_center import answers, errors, payloads
from storefront.partner_center.client import Config, PartnerCenter, Tokens
from storefront.partner_center.simulator.remote import Remote, SimulatorProcess
from tests.plugins.simulator import NOW

MPN = "9900037"
PRODUCT, SKU = "CFQ7TTC0LH18", "0001"


def company(prefix: str = "glafkos", **address: str) -> payloads.Company:
    place = {"line1": "Ακτή Μιαούλη 1", "city": "Πειραιάς", "country": "GR", "postcode": "185 31", **address}
    person = payloads.Person("Ada", "Lovelace", "ada@example.org", "+302100000000")
    return payloads.Company(
        "Ναυτιλιακή Ο.Ε.", "a@b.example", "el-GR", "el", payloads.Address(**place), person, f"{prefix}.onmicrosoft.com"
    )


def create(client: PartnerCenter, tenant: payloads.OwnTenant | payloads.EndCustomerTenant) -> str:
    answer = client.send(tenant.outgoing(), request_id=uuid.uuid4())
    return answers.read(answers.Customer, answer).tenant_id


def sign(client: PartnerCenter, tenant_id: str) -> None:
    signer = payloads.Person("Ada", "Lovelace", "ada@example.org")
    template = client.agreement_template_id()
    outgoing = payloads.agreement(tenant_id, signer=signer, template_id=template, agreed_at=NOW)
    client.send(outgoing, request_id=uuid.uuid4())


def end_customer(client: PartnerCenter, prefix: str = "glafkos", mpn: str = MPN) -> str:
    client.check_partner(mpn)
    tenant_id = create(client, payloads.EndCustomerTenant(company(prefix), client.reseller_tenant_id(mpn)))
    sign(client, tenant_id)
    return tenant_id


def own_tenant(client: PartnerCenter, prefix: str = "aigaio") -> str:
    tenant_id = create(client, payloads.OwnTenant(company(prefix)))
    sign(client, tenant_id)
    return tenant_id


def line(client: PartnerCenter, quantity: int = 3, term: str = "P1Y", cycle: str = "monthly") -> payloads.Line:
    item = client.catalog_item_id(PRODUCT, SKU, "GR")
    return payloads.Line(item, "Business Basic #U1", quantity, term, cycle)


def cart(client: PartnerCenter, outgoing: payloads.Outgoing) -> answers.Cart:
    return answers.read(answers.Cart, client.send(outgoing, request_id=uuid.uuid4()))


def code_of(call) -> int:
    with pytest.raises(errors.PartnerCenterError) as caught:
        call()
    return caught.value.code


def test_end_customer_order_is_booked_with_the_partner(partner_center, microsoft):
    tenant_id = end_customer(partner_center)

    made = cart(partner_center, payloads.EndCustomerCart(tenant_id, line(partner_center), MPN).outgoing())
    answer = partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4())

    order = answers.read(answers.Checkout, answer).order
    subscription = partner_center.subscriptions(tenant_id, order_id=order.order_id)[0]
    assert (order.partner_id, order.quantity, order.friendly_name) == (MPN, 3, "Business Basic #U1")
    assert (subscription.partner_id, subscription.status, subscription.started_at) == (MPN, "active", NOW)
    assert subscription.cancel_until == NOW + timedelta(days=7)
    assert partner_center.provisioning(tenant_id, subscription.subscription_id) == "success"


def test_own_order_is_booked_without_a_partner(partner_center, microsoft):
    tenant_id = own_tenant(partner_center)

    made = cart(partner_center, payloads.OwnUseCart(tenant_id, line(partner_center)).outgoing())
    partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4())

    assert partner_center.subscriptions(tenant_id)[0].partner_id == ""
    assert "partner" not in str([row["raw"] for row in microsoft.journal("POST", "/customers")]).lower()


def test_partner_id_on_an_own_tenant_is_refused(partner_center):
    tenant_id = own_tenant(partner_center)
    partner_center.check_partner(MPN)

    outgoing = payloads.EndCustomerCart(tenant_id, line(partner_center), MPN).outgoing()

    assert code_of(lambda: cart(partner_center, outgoing)) == 900400


def test_same_request_id_is_answered_once_and_booked_once(partner_center, microsoft):
    outgoing, request_id = payloads.OwnTenant(company()).outgoing(), uuid.uuid4()

    first = partner_center.send(outgoing, request_id=request_id)
    second = partner_center.send(outgoing, request_id=request_id)

    assert first == second
    assert len(microsoft.ledger()["customer"]) == 1


def test_same_request_id_with_other_bytes_is_refused(partner_center):
    request_id = uuid.uuid4()
    partner_center.send(payloads.OwnTenant(company()).outgoing(), request_id=request_id)

    with pytest.raises(errors.Refused):
        partner_center.send(payloads.OwnTenant(company("other")).outgoing(), request_id=request_id)


@pytest.mark.parametrize("replay", [True, False])
def test_checkout_is_idempotent_per_cart(partner_center, microsoft, replay):
    microsoft.configure(replay_memory=replay)
    tenant_id = own_tenant(partner_center)
    made = cart(partner_center, payloads.OwnUseCart(tenant_id, line(partner_center)).outgoing())

    answers_of = [
        partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4()) for _ in range(2)
    ]

    assert answers_of[0] == answers_of[1]
    assert len(microsoft.ledger()["order"]) == 1
    assert partner_center.cart(tenant_id, made.cart_id).is_ordered


def test_order_list_lags(partner_center, microsoft):
    tenant_id = own_tenant(partner_center)
    made = cart(partner_center, payloads.OwnUseCart(tenant_id, line(partner_center)).outgoing())
    partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4())

    young = partner_center.orders(tenant_id)
    microsoft.advance(901)

    assert (len(young), len(partner_center.orders(tenant_id))) == (0, 1)


def test_cart_needs_the_agreement(partner_center):
    tenant_id = create(partner_center, payloads.OwnTenant(company()))

    outgoing = payloads.OwnUseCart(tenant_id, line(partner_center)).outgoing()

    assert code_of(lambda: cart(partner_center, outgoing)) == 13605


def test_agreement_twice_is_already_done(partner_center):
    tenant_id = own_tenant(partner_center)

    with pytest.raises(errors.AlreadyDone):
        sign(partner_center, tenant_id)


def test_stale_catalogue_id_is_a_line_error(partner_center, microsoft):
    tenant_id, stale = own_tenant(partner_center), line(partner_center)
    microsoft.call("POST", "rotate")

    made = cart(partner_center, payloads.OwnUseCart(tenant_id, stale).outgoing())

    assert made.error_code == 10001
    assert (
        code_of(lambda: partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4()))
        == 800009
    )


@pytest.mark.parametrize(
    ("mpn", "code"),
    [
        ("2203203", 2203),
        ("2201201", 2201),
        ("8000160", 800016),
        ("9004140", 900414),
        ("2072072", 2072),
        ("4040404", 900154),
    ],
)
def test_bad_partners_are_told_apart(partner_center, mpn, code):
    check = partner_center.check_partner(mpn)

    assert (check.is_valid, check.error_code) == (False, code)


def test_partner_profile_is_found_or_refused(partner_center):
    assert partner_center.partner_name(MPN)
    assert code_of(lambda: partner_center.partner_name("4040404")) == 3000
    with pytest.raises(ValueError, match="empty"):
        partner_center.partner_name("")


def test_suspended_partner_is_refused_at_checkout(partner_center, microsoft):
    tenant_id = end_customer(partner_center)
    made = cart(partner_center, payloads.EndCustomerCart(tenant_id, line(partner_center), MPN).outgoing())
    microsoft.call("PUT", "seed", {"resellers": [{"mpnId": MPN, "state": "Suspended"}]})

    assert (
        code_of(lambda: partner_center.send(payloads.checkout(tenant_id, made.cart_id), request_id=uuid.uuid4()))
        == 900154
    )
    assert microsoft.ledger()["order"] == []


def test_domain_is_free_until_somebody_has_it(partner_center):
    assert partner_center.is_domain_free("glafkos.onmicrosoft.com")

    create(partner_center, payloads.OwnTenant(company("glafkos")))

    assert not partner_center.is_domain_free("glafkos.onmicrosoft.com")
    assert not partner_center.is_domain_free("contoso.onmicrosoft.com")
    assert code_of(lambda: create(partner_center, payloads.OwnTenant(company("glafkos")))) == 600004
    assert code_of(lambda: create(partner_center, payloads.OwnTenant(company("simrace1")))) == 600004


def test_domain_answer_of_a_proxy_is_not_believed(partner_center, microsoft):
    microsoft.fault("/v1/domains/", method="HEAD", status=404, headers={"MS-CorrelationId": "of-a-proxy"})

    with pytest.raises(errors.OutcomeUnknown):
        partner_center.is_domain_free("glafkos.onmicrosoft.com")


@pytest.mark.parametrize(
    ("postcode", "verdict"), [("185 31", "ok"), ("18531", "ok"), ("000 00", "bad"), ("1", "bad"), ("99999", "unsure")]
)
def test_address_is_judged(partner_center, postcode, verdict):
    assert partner_center.check_address(company(postcode=postcode).address).verdict == verdict


def test_bad_postcode_refuses_the_tenant(partner_center):
    assert code_of(lambda: create(partner_center, payloads.OwnTenant(company(postcode="00000")))) == 2007


@pytest.mark.parametrize("prefix", ["with-dash", "ümlaut", "a" * 28, ""])
def test_bad_prefix_refuses_the_tenant(partner_center, prefix):
    assert code_of(lambda: create(partner_center, payloads.OwnTenant(company(prefix)))) == 3000


@pytest.mark.parametrize(
    "spoil",
    [{"drop": True}, {"status": 500}, {"truncate": True}, {"garble": True}, {"status": 504}],
    ids=["hung up", "500", "cut off", "html", "504"],
)
def test_answer_spoiled_after_the_effect_is_unknown_and_repeated_once(partner_center, microsoft, spoil):
    outgoing, request_id = payloads.OwnTenant(company()).outgoing(), uuid.uuid4()
    microsoft.fault("/v1/customers$", when="after", times=1, **spoil)

    with pytest.raises(errors.OutcomeUnknown):
        partner_center.send(outgoing, request_id=request_id)

    assert len(microsoft.ledger()["customer"]) == 1
    assert partner_center.send(outgoing, request_id=request_id)["companyProfile"]["domain"] == "glafkos.onmicrosoft.com"
    assert [row.domain for row in partner_center.customers_by_domain("glafkos.onmicrosoft.com")] == [
        "glafkos.onmicrosoft.com"
    ]
    assert len(microsoft.ledger()["customer"]) == 1


def test_answer_later_than_we_wait_is_unknown(partner_center, microsoft):
    microsoft.fault("/v1/customers$", when="after", times=1, delay_ms=1500)

    with pytest.raises(errors.OutcomeUnknown):
        partner_center.send(payloads.OwnTenant(company()).outgoing(), request_id=uuid.uuid4(), seconds=0.3)


def test_bom_is_tolerated(partner_center, microsoft):
    microsoft.fault("/v1/customers$", when="after", times=1, bom=True)

    assert create(partner_center, payloads.OwnTenant(company()))


def test_throttling_tells_how_long_to_wait(partner_center, microsoft):
    microsoft.fault(
        "/v1/customers$", times=1, status=429, headers={"Retry-After": "7"}, body={"statusCode": 429, "message": "x"}
    )

    with pytest.raises(errors.Throttled) as caught:
        create(partner_center, payloads.OwnTenant(company()))

    assert caught.value.retry_after == 7
    assert microsoft.ledger()["customer"] == []


def test_refused_token_is_renewed_once_with_the_same_request_id(partner_center, microsoft):
    microsoft.fault("/v1/customers$", times=1, status=401)

    create(partner_center, payloads.OwnTenant(company()))

    ids = [row["headers"]["MS-RequestId"] for row in microsoft.journal("POST", "/v1/customers")]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert len(microsoft.journal("POST", "/oauth2/token")) == 2


def test_refused_token_is_renewed_for_a_look_up_without_a_body_too(partner_center, microsoft):
    microsoft.fault("/v1/domains/", method="HEAD", times=1, status=401)

    assert partner_center.is_domain_free("glafkos.onmicrosoft.com")


def test_token_refused_twice_is_an_alarm(partner_center, microsoft):
    microsoft.fault("/v1/customers$", status=401)

    with pytest.raises(errors.NotAuthenticated):
        create(partner_center, payloads.OwnTenant(company()))


def test_revoked_consent_is_an_alarm(microsoft, settings):
    settings.PARTNER_CENTER_REFRESH_TOKEN = "revoked"

    with pytest.raises(errors.NotAuthenticated):
        PartnerCenter(Config.from_settings(), tokens=Tokens()).partner_name(MPN)


def test_page_look_up_never_hangs(partner_center, microsoft):
    partner_center.partner_name(MPN)
    microsoft.fault("/v1/domains/", method="HEAD", delay_ms=4000)
    started = time.monotonic()

    with pytest.raises(errors.OutcomeUnknown):
        partner_center.is_domain_free("glafkos.onmicrosoft.com", seconds=0.3)

    assert time.monotonic() - started < 3


def test_outage_prefix_recovers(partner_center):
    outgoing, request_id = payloads.OwnTenant(company("simoutage1")).outgoing(), uuid.uuid4()

    for _ in range(2):
        with pytest.raises(errors.OutcomeUnknown):
            partner_center.send(outgoing, request_id=request_id)

    assert partner_center.send(outgoing, request_id=request_id)["id"]


def test_quantity_outside_the_limits_is_refused(partner_center, microsoft):
    terms = [{"duration": "P1Y", "billingCycle": "monthly"}]
    microsoft.call("PUT", "seed", {"products": [{"productId": PRODUCT, "skuId": SKU, "terms": terms, "maximum": 300}]})
    tenant_id = own_tenant(partner_center)

    too_many = payloads.OwnUseCart(tenant_id, line(partner_center, quantity=301)).outgoing()
    odd_term = payloads.OwnUseCart(tenant_id, line(partner_center, term="P3Y")).outgoing()

    assert code_of(lambda: cart(partner_center, too_many)) == 2002
    assert cart(partner_center, odd_term).error_code == 10010


def test_unknown_fields_are_refused(partner_center):
    outgoing = payloads.Outgoing("POST", "/v1/customers", '{"companyProfile":{},"billingProfile":{},"mpnId":"1"}')

    with pytest.raises(errors.Refused, match="mpnId"):
        partner_center.send(outgoing, request_id=uuid.uuid4())


def test_vetting_holds_the_customer(partner_center, microsoft):
    tenant_id = own_tenant(partner_center, "simreview1")

    outgoing = payloads.OwnUseCart(tenant_id, line(partner_center)).outgoing()
    assert partner_center.vetting(tenant_id) == "underreview"
    assert code_of(lambda: cart(partner_center, outgoing)) == 800074

    microsoft.call("PUT", "vetting", {"tenant": tenant_id, "status": "Allowed"})
    assert cart(partner_center, outgoing).cart_id


def test_ledger_and_journal_survive_a_kill(tmp_path, settings):
    process = SimulatorProcess(tmp_path)
    remote = process.start()
    settings.PARTNER_CENTER_URL = remote.url
    settings.PARTNER_CENTER_TOKEN_URL = f"{remote.url}/x/oauth2/token"
    settings.OUTGOING_HTTP_HOSTS = [f"127.0.0.1:{process.port}"]
    client = PartnerCenter(Config.from_settings(), tokens=Tokens())
    outgoing, request_id = payloads.OwnTenant(company()).outgoing(), uuid.uuid4()
    first = client.send(outgoing, request_id=request_id)

    process.kill()
    again = process.start()

    try:
        assert client.send(outgoing, request_id=request_id) == first
        assert len(again.ledger()["customer"]) == 1
        assert len(again.journal("POST", "/v1/customers")) == 2
        assert (tmp_path / "journal.jsonl").exists()
    finally:
        process.stop()


def test_journal_keeps_no_secret(partner_center, microsoft: Remote, settings):
    own_tenant(partner_center)

    text = str(microsoft.journal())

    assert settings.PARTNER_CENTER_CLIENT_SECRET not in text
    assert "sim-token" not in text
