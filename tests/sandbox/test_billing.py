import hashlib
import json
import uuid
from decimal import Decimal
from pathlib import Path

import httpx

from studio.images import LIST_RATES, Usage, cost
from studio.sandbox.billing_log import BillingLog

from .conftest import Caller, Running


def test_every_call_has_exactly_one_line_before_its_reply_ends(caller: Caller, sandbox: Running) -> None:
    ids = [str(uuid.uuid4()) for _ in range(6)]
    prompts = ["hills", "sandbox:502 hills", "", "sandbox:502-late hills", "hills", "sandbox:refused"]
    for name, prompt in zip(ids, prompts, strict=True):
        caller.draw(prompt, headers={"X-Request-ID": name})
        assert len(sandbox.lines(id=name)) == 1
    status = [sandbox.lines(id=name)[0]["status"] for name in ids]
    billed = [sandbox.lines(id=name)[0]["billed"] for name in ids]
    assert status == [200, 502, 400, 502, 200, 400]
    assert billed == [True, False, False, True, True, False]


def test_a_line_says_who_what_and_how_much(caller: Caller, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    answer = caller.draw("a secret plan", user="u-17", stream=True, partial_images=1, headers={"X-Request-ID": name})
    line = sandbox.lines(id=name)[0]
    usage = answer.events[-1][1]["usage"]
    assert line["usage"] == usage
    assert Decimal(line["cost"]) == cost(Usage(usage["input_tokens"], 0, usage["output_tokens"], 0), LIST_RATES)
    assert (line["model"], line["size"], line["quality"], line["n"]) == ("gpt-image-2", "1024x640", "low", 1)
    assert (line["user"], line["stream"], line["partials"], line["fault"]) == ("u-17", True, 1, None)
    assert line["key"] == hashlib.sha256(b"sk-test").hexdigest()[:12]
    assert line["prompt_sha256"] == hashlib.sha256(b"a secret plan").hexdigest()


def test_the_log_holds_no_key_and_no_prompt(caller: Caller, sandbox: Running) -> None:
    caller.draw("an unmistakable prompt", headers={"Authorization": "Bearer sk-unmistakable"})
    text = sandbox.log.read_text()
    assert "unmistakable" not in text


def test_hanging_up_stops_neither_the_drawing_nor_the_bill(caller: Caller, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    answer = caller.draw("sandbox:slow", timeout=0.3, headers={"X-Request-ID": name})
    assert answer.broke is httpx.ReadTimeout
    assert not sandbox.lines(id=name)
    line = sandbox.wait_for_line(id=name)
    assert (line["billed"], line["status"]) == (True, 200)


def test_the_log_is_read_with_the_key(caller: Caller, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    caller.draw("hills", headers={"X-Request-ID": name})
    base = sandbox.url.removesuffix("/v1")
    data = caller.http.get(f"{base}/sandbox/requests").json()["data"]
    assert data[-1]["id"] == name
    assert data == sandbox.lines()


def test_a_line_cut_off_by_a_crash_does_not_damage_the_next(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_bytes(b'{"id": "whole"}\n{"id": "to')
    log = BillingLog(tmp_path)
    log.append({"id": "next"})
    log.close()
    assert [line["id"] for line in log.lines()] == ["whole", "next"]
    assert json.loads(log.path.read_bytes().splitlines()[-1]) == {"id": "next"}
