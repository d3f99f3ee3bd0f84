"""Every page of BSS for every staff group, for reseller users and for nobody."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import User
from accounts.services import roles
from bss.admin_site import site

pytestmark = pytest.mark.django_db
ADD = {
    "resellers.reseller": {"Admin", "Sales"},
    "affiliates.affiliate": {"Admin", "Sales"},
    "accounts.account": {"Admin", "Sales"},
    "accounts.contact": {"Admin", "Sales"},
    "accounts.user": {"Admin"},
    "accounts.message": set(),
    "accounts.auditevent": set(),
}
SEE_ALL = {"Admin", "Sales", "Finance", "Support", "Read-only"}
SEE = dict.fromkeys(ADD, SEE_ALL) | {"accounts.user": {"Admin"}}


def member(role):
    roles.sync()
    user = User.objects.create_user(f"{role.lower()}@example.com", None, name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize("role", StaffRole.values)
def test_each_group_sees_and_adds_what_its_work_needs(client, role):
    client.force_login(member(role))

    for label, adders in ADD.items():
        name = label.replace(".", "_")
        listed = client.get(reverse(f"bss:{name}_changelist")).status_code
        added = client.get(reverse(f"bss:{name}_add")).status_code
        assert listed == (200 if role in SEE[label] else 403), label
        assert added == (200 if role in adders else 403), label


@pytest.mark.parametrize("role", StaffRole.values)
def test_nobody_deletes_in_bss(client, role, rf):
    request = rf.get("/bss/")
    request.user = member(role)

    deletable = {
        model._meta.label_lower for model, page in site._registry.items() if page.has_delete_permission(request)
    }

    assert deletable <= {"storefront.pricelistitem"}


def test_every_list_opens_for_an_admin_within_its_queries(client, django_assert_max_num_queries):
    client.force_login(member("Admin"))

    for model in site._registry:
        path = reverse(f"bss:{model._meta.app_label}_{model._meta.model_name}_changelist")
        with django_assert_max_num_queries(15):
            assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("role", [None, "reseller"])
def test_others_do_not_come_in(client, role):
    if role:
        client.force_login(User.objects.create_user("ada@example.com", None, name="Ada"))

    for model in site._registry:
        path = reverse(f"bss:{model._meta.app_label}_{model._meta.model_name}_changelist")
        answer = client.get(path)
        assert answer.status_code in {302, 403}, path
        if answer.status_code == 302:
            assert "sign-in" in answer["Location"] or "login" in answer["Location"]
