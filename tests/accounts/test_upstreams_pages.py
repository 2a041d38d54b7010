import pytest

from studio.upstreams.models import Upstream

pytestmark = pytest.mark.django_db


def test_the_upstreams_page_shows_everything_but_the_key(client_of, ada):
    Upstream.objects.declare(name="environment", api_key="sk-0123456789abcdef", base_url="https://gw.example.com/v1")
    page = client_of(ada).get("/settings/upstreams/").content.decode()
    assert "https://gw.example.com/v1" in page
    assert "sk-…cdef" in page
    assert "0123456789ab" not in page
