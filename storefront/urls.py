"""Addresses of the Storefront."""

from __future__ import annotations

from django.urls import path

from storefront.views import (
    basket,
    catalogue,
    checkout,
    company,
    customers,
    endings,
    home,
    orders,
    renewals,
    subscriptions,
)

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("basket/", basket.BasketPage.as_view(), name="basket"),
    path("basket/lines/", basket.AddLine.as_view(), name="basket_lines"),
    path("basket/lines/<str:public_id>/", basket.ChangeLine.as_view(), name="basket_line"),
    path("checkout/", checkout.Resume.as_view(), name="checkout"),
    path("checkout/who/", checkout.Who.as_view(), name="checkout_who"),
    path("checkout/billing/", checkout.Billing.as_view(), name="checkout_billing"),
    path("checkout/services/", checkout.Services.as_view(), name="checkout_services"),
    path("checkout/confirm/", checkout.ConfirmOrder.as_view(), name="checkout_confirm"),
    path("checkout/<str:public_id>/", checkout.Done.as_view(), name="checkout_done"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/<str:public_id>/", orders.OrderPage.as_view(), name="order"),
    path("subscriptions/", subscriptions.SubscriptionList.as_view(), name="subscriptions"),
    path("subscriptions/<str:public_id>/", subscriptions.SubscriptionPage.as_view(), name="subscription"),
    path("subscriptions/<str:public_id>/renewal/", renewals.AutoRenewPage.as_view(), name="subscription_renewal"),
    path("subscriptions/<str:public_id>/end/", endings.EndPage.as_view(), name="subscription_end"),
    path("customers/", customers.CustomerList.as_view(), name="customers"),
    path("customers/new/", customers.CreateCustomer.as_view(), name="customer_new"),
    path("customers/<str:public_id>/", customers.CustomerPage.as_view(), name="customer"),
    path("customers/<str:public_id>/edit/", customers.EditCustomer.as_view(), name="customer_edit"),
    path("affiliates/", customers.AffiliateList.as_view(), name="affiliates"),
    path("affiliates/new/", customers.CreateAffiliate.as_view(), name="affiliate_new"),
    path("affiliates/<str:public_id>/", customers.CustomerPage.as_view(), name="affiliate"),
    path("affiliates/<str:public_id>/edit/", customers.EditCustomer.as_view(), name="affiliate_edit"),
    path("company/", company.CompanyPage.as_view(), name="company"),
    path("company/address/", company.SaveAddress.as_view(), name="company_address"),
    path("company/mpn-id/", company.SaveMpn.as_view(), name="company_mpn"),
    path("company/users/", company.InviteUser.as_view(), name="company_invite"),
    path("company/users/<str:public_id>/", company.UserAccess.as_view(), name="company_user"),
    path("company/users/<str:public_id>/invite/", company.InviteAgain.as_view(), name="company_user_invite"),
    path("catalogue/", catalogue.CataloguePage.as_view(), name="catalogue"),
    path("catalogue/<str:public_id>/", catalogue.ProductPage.as_view(), name="product"),
]
