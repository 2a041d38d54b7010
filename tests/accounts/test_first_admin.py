import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from studio.accounts import first_admin
from studio.accounts.models import User

pytestmark = pytest.mark.django_db


def named(settings, email: str, password: str) -> User | None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = email, password
    return first_admin.prepare_admin(timezone.now())


def test_the_environment_names_the_first_admin(settings):
    admin = named(settings, " Grace@Example.com", "five green lanterns")
    assert admin.email == "grace@example.com"
    assert admin.is_admin
    assert admin.check_password("five green lanterns")


def test_an_admin_who_exists_is_left_alone(settings, ada):
    assert named(settings, "grace@example.com", "five green lanterns") is None
    assert list(User.objects.all()) == [ada]


def test_without_a_named_admin_nobody_is_created(settings):
    assert named(settings, "", "") is None
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [
        ("grace@example.com", "lantern", "too weak"),
        ("grace@example.com", "", "only work together"),
        ("", "five green lanterns", "only work together"),
        ("BEN@example.com", "five green lanterns", "not an active admin"),
    ],
)
def test_an_invalid_setting_is_explained_in_a_sentence(settings, ben, email, password, reason):
    with pytest.raises(ImproperlyConfigured, match=reason) as refused:
        named(settings, email, password)
    assert password == "" or password not in str(refused.value)


def test_a_link_is_offered_until_an_admin_has_signed_in(ada):
    assert not first_admin.admin_has_signed_in()
    Client().post(first_admin.new_sign_in_path(timezone.now()))
    assert first_admin.admin_has_signed_in()
