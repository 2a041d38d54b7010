"""Pages take turns: a process makes a dozen at once, whoever else asks waits, and nobody is turned away."""

import asyncio
from collections import Counter

from django.http import HttpRequest, HttpResponse

from studio.middleware import PAGES_AT_ONCE, paged


def test_no_more_pages_are_made_at_once_than_a_process_makes_well() -> None:
    counts: Counter[str] = Counter()

    async def page(_request: HttpRequest) -> HttpResponse:
        counts["asked"] += 1
        is_broken = counts["asked"] % 10 == 0
        counts["now"] += 1
        counts["most"] = max(counts["most"], counts["now"])
        await asyncio.sleep(0)
        counts["now"] -= 1
        if is_broken:  # its turn is free again all the same
            raise ValueError("a page that breaks")
        return HttpResponse()

    async def ask_for_many() -> list[HttpResponse | BaseException]:
        answer = paged(page)
        return await asyncio.gather(*(answer(HttpRequest()) for _ in range(100)), return_exceptions=True)

    answers = asyncio.run(ask_for_many())
    assert Counter(type(answer) for answer in answers) == {HttpResponse: 90, ValueError: 10}
    assert (counts["most"], counts["now"]) == (PAGES_AT_ONCE, 0)


def test_without_a_loop_a_page_is_made_as_ever() -> None:
    def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("here")

    assert paged(page) is page
