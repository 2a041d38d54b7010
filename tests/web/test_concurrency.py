"""Concurrency: a process renders a dozen pages at once, further requests wait, and none is refused."""

import asyncio
from collections import Counter

from django.http import HttpRequest, HttpResponse

from studio.web.middleware import PAGES_AT_ONCE, limit_concurrency


def test_a_process_renders_only_so_many_pages_at_once() -> None:
    counts: Counter[str] = Counter()

    async def page(_request: HttpRequest) -> HttpResponse:
        counts["requested"] += 1
        is_broken = counts["requested"] % 10 == 0
        counts["now"] += 1
        counts["most"] = max(counts["most"], counts["now"])
        await asyncio.sleep(0)
        counts["now"] -= 1
        if is_broken:  # its place is free again all the same
            raise ValueError("a page that breaks")
        return HttpResponse()

    async def ask_for_many() -> list[HttpResponse | BaseException]:
        answer = limit_concurrency(page)
        return await asyncio.gather(*(answer(HttpRequest()) for _ in range(100)), return_exceptions=True)

    answers = asyncio.run(ask_for_many())
    assert Counter(type(answer) for answer in answers) == {HttpResponse: 90, ValueError: 10}
    assert (counts["most"], counts["now"]) == (PAGES_AT_ONCE, 0)


def test_without_async_views_there_is_no_limit() -> None:
    def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("here")

    assert limit_concurrency(page) is page
