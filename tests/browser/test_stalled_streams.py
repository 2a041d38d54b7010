"""An event stream that stops without being closed, as behind a lost network: pages notice, and nothing is missed."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, StorageState, expect

from .composer import Composer, state_of, submit_request
from .conftest import Faults, signed_in_as_admin
from .process import Studio
from .relay import Relay

LIVE = "/live/"
SECONDS = 120  # that a page or a tile is given: what is missed is asked for again and again

Behind = Callable[[Studio, StorageState], tuple[BrowserContext, Relay]]


@pytest.fixture(scope="module")
def beating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose streams are heard every two seconds, so that a silence is noticed soon."""
    with Studio(tmp_path_factory.mktemp("beating"), STUDIO_LIVE_HEARTBEAT="2") as studio:
        yield studio


@pytest.fixture(scope="module")
def admin(browser: Browser, beating: Studio) -> StorageState:
    return signed_in_as_admin(browser, beating)


@pytest.fixture
def behind(browser: Browser) -> Iterator[Behind]:
    """A browser that reaches a studio over a relay; its pages must not fail either."""
    with ExitStack() as stack:
        watched: list[Faults] = []

        def opened(studio: Studio, state: StorageState) -> tuple[BrowserContext, Relay]:
            relay = stack.enter_context(Relay(studio.address))
            watched.append(Faults(relay.address))
            context = browser.new_context(base_url=relay.address, storage_state=state)
            stack.callback(context.close)
            context.set_default_timeout(SECONDS * 1000)
            context.on("page", watched[-1].watch)
            return context, relay

        yield opened
    assert [faults.unexpected() for faults in watched] == [[] for _faults in watched]


@pytest.fixture
def device(browser: Browser, beating: Studio, admin: StorageState) -> Iterator[Page]:
    """The same person's other device, which needs no relay."""
    context = browser.new_context(base_url=beating.address, storage_state=admin)
    page = context.new_page()
    page.goto("/jobs/")
    yield page
    context.close()


def open_create(context: BrowserContext) -> Page:
    """Create, with its stream begun."""
    page = context.new_page()
    with page.expect_response(re.compile(LIVE)):
        Composer(page).open()
    return page


def tile_of(page: Page, prompt: str) -> Locator:
    return page.locator("article").filter(has_text=prompt).locator(".tile")


def streams_of(context: BrowserContext) -> list[str]:
    """The event streams that are opened from now on."""
    opened: list[str] = []

    def note(request: Request) -> None:
        if LIVE in request.url:
            opened.append(request.url)

    context.on("request", note)
    return opened


def test_a_page_whose_stream_falls_silent_opens_another_and_shows_what_happened_meanwhile(
    beating: Studio, admin: StorageState, behind: Behind, device: Page
) -> None:
    context, relay = behind(beating, admin)
    page = open_create(context)
    submit_request(device, prompt="Under way sandbox:slow")
    expect(tile_of(page, "Under way sandbox:slow")).to_have_count(1)
    opened = streams_of(context)
    assert relay.stall(LIVE) == 1
    submit_request(device, prompt="Begun in the silence")
    for prompt in ("Under way sandbox:slow", "Begun in the silence"):
        state_of(tile_of(page, prompt), "succeeded", seconds=SECONDS)
    assert opened
    expect(page.locator("[data-count='queued'] b")).to_have_text("0")


def test_every_tab_is_told_what_the_one_with_the_silent_stream_has_missed(
    beating: Studio, admin: StorageState, behind: Behind, device: Page
) -> None:
    context, relay = behind(beating, admin)
    first = open_create(context)
    second = context.new_page()
    Composer(second).open()
    assert relay.stall(LIVE) == 1
    submit_request(device, prompt="For both tabs")
    for page in (first, second):
        state_of(tile_of(page, "For both tabs"), "succeeded", seconds=SECONDS)


def test_where_no_stream_comes_through_at_all_the_page_asks_again_and_again(
    beating: Studio, admin: StorageState, behind: Behind, device: Page
) -> None:
    context, relay = behind(beating, admin)
    page = open_create(context)
    assert relay.stall(LIVE, for_good=True) == 1
    for prompt in ("The first without a stream", "The second without a stream"):
        submit_request(device, prompt=prompt)
        state_of(tile_of(page, prompt), "succeeded", seconds=SECONDS)


@pytest.mark.parametrize("event", ["focus", "online"])
def test_whoever_comes_back_does_not_wait_until_the_silence_is_noticed(
    studio: Studio, signed_in: StorageState, behind: Behind, event: str
) -> None:
    context, relay = behind(studio, signed_in)
    context.clock.install()
    page = open_create(context)
    assert relay.stall(LIVE) == 1
    submit_request(page, prompt=f"Until {event}")
    page.clock.fast_forward(5000)  # a third of a beat: the page itself gives the stream two and a half
    page.evaluate("type => dispatchEvent(new Event(type))", event)
    expect(tile_of(page, f"Until {event}")).to_have_count(1, timeout=30_000)
