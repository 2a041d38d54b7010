"""Image requests: the rules they must keep, what is sent of them, and reading them from JSON."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.images import MODELS, ImageRequest, InvalidRequest, Size


def request(**given: Any) -> ImageRequest:
    return ImageRequest(**{"prompt": "a fox"} | given)


def codes(wanted: ImageRequest) -> list[str]:
    return [problem.code for problem in wanted.problems()]


def refused(body: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        ImageRequest.parse(body)
    assert str(caught.value)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"prompt": " \n"}, "prompt_empty", "Write what the picture should show."),
        (
            {"prompt": "a" * 32_001},
            "prompt_too_long",
            "The prompt has 32,001 characters; the model reads at most 32,000.",
        ),
        ({"size": "1000x1000"}, "size_not_a_size", "A size is “auto” or a width and a height such as 1536x1024."),
        (
            {"quality": "hd"},
            "quality_unknown",
            "hd is not a quality of this model; choose from low, medium, high, auto.",
        ),
        ({"model": "dall-e-3"}, "model_unknown", "dall-e-3 is not a model of this studio."),
        ({"output_format": "gif"}, "format_unknown", "gif is not a format of this model; choose from png, jpeg, webp."),
        (
            {"output_format": "jpeg", "output_compression": 101},
            "compression_out_of_range",
            "Compression goes from 0 to 100.",
        ),
        (
            {"output_compression": 80},
            "compression_needs_lossy",
            "Compression is for JPEG and WebP only; PNG keeps every pixel as it is.",
        ),
        (
            {"background": "transparent"},
            "background_transparent",
            "This model cannot draw a transparent background; choose auto or opaque.",
        ),
        ({"background": "red"}, "background_unknown", "red is not a background; choose from auto, opaque."),
        ({"moderation": "none"}, "moderation_unknown", "none is not a moderation level; choose from auto, low."),
        ({"n": 0}, "n_out_of_range", "Ask for 1 to 10 pictures at once."),
        ({"n": 11}, "n_out_of_range", "Ask for 1 to 10 pictures at once."),
        ({"partial_images": 4, "stream": True}, "partials_out_of_range", "Ask for 0 to 3 partial previews."),
        ({"partial_images": 1}, "partials_need_stream", "Partial previews need streaming."),
        ({"stream": True, "n": 2}, "stream_needs_one", "Streaming works for one picture at a time."),
    ],
)
def test_each_broken_rule_has_one_clear_sentence(given: dict[str, Any], code: str, words: str) -> None:
    wanted = request(**given)

    assert [(problem.code, str(problem)) for problem in wanted.problems()] == [(code, words)]


@pytest.mark.parametrize("model", [model.id for model in MODELS])
def test_the_richest_allowed_request_breaks_no_rule(model: str) -> None:
    wanted = request(
        prompt="a" * 32_000,
        model=model,
        size=Size(3840, 2160),
        quality="high",
        output_format="webp",
        output_compression=0,
        background="opaque",
        moderation="low",
        stream=True,
        partial_images=3,
        user="u-1",
    )

    assert codes(wanted) == []
    assert wanted.is_large


def test_the_plainest_request_sends_six_fields() -> None:
    assert request().to_wire() == {
        "model": "gpt-image-2",
        "prompt": "a fox",
        "size": "auto",
        "quality": "auto",
        "output_format": "png",
        "n": 1,
    }


def test_a_request_sends_what_differs_from_the_default() -> None:
    wanted = request(
        size=Size(1536, 1024),
        output_format="jpeg",
        output_compression=0,
        background="opaque",
        moderation="low",
        stream=True,
        partial_images=2,
        user="u-1",
    )

    more = {"output_compression": 0, "background": "opaque", "moderation": "low", "user": "u-1"}
    assert wanted.to_wire().items() >= (more | {"size": "1536x1024", "stream": True, "partial_images": 2}).items()


def test_compression_is_never_sent_with_png() -> None:
    assert "output_compression" not in request(output_compression=80).to_wire()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", None),
        ("prompt", 5),
        ("model", ["gpt-image-2"]),
        ("size", 1024),
        ("quality", True),
        ("n", True),
        ("n", 1.0),
        ("n", "1"),
        ("stream", 1),
        ("stream", "true"),
        ("partial_images", "2"),
        ("output_compression", 80.5),
        ("user", None),
        ("user", {}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(name: str, value: object) -> None:
    assert refused({"prompt": "a fox", name: value}) == ["wrong_type"]


def test_every_field_has_a_type_of_its_own() -> None:
    fields = set(ImageRequest.__dataclass_fields__) - {"omitted"}  # which is no part of the wire

    assert refused({name: object() for name in fields}) == ["wrong_type"] * len(fields)


@pytest.mark.parametrize("name", ["response_format", "style", "input_fidelity", "mask", "", "Prompt", 7])
def test_an_unknown_field_is_refused_by_its_name(name: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ImageRequest.parse({"prompt": "a fox", name: "x"})

    assert [(problem.code, problem.param) for problem in caught.value.problems] == [("unknown_field", str(name))]


def test_only_the_first_unknown_fields_are_named() -> None:
    assert len(refused({"prompt": "a fox"} | {f"field{number}": 1 for number in range(5000)})) == 20


@pytest.mark.parametrize("body", [None, [], "prompt", 5, [["prompt", "a fox"]]])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert refused(body) == ["wrong_type"]


def test_a_missing_prompt_is_an_empty_one() -> None:
    assert refused({"n": 1}) == ["prompt_empty"]


def test_all_broken_rules_are_named_at_once() -> None:
    assert refused({"prompt": "", "size": "1000x500", "n": 0}) == [
        "prompt_empty",
        "n_out_of_range",
        "size_not_multiple",
        "size_not_multiple",
        "size_too_few_pixels",
    ]


def test_null_stands_for_the_default() -> None:
    nulls = dict.fromkeys(["model", "size", "quality", "n", "stream", "output_compression", "background"])

    assert ImageRequest.parse({"prompt": "a fox", **nulls}) == request()


VALID = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=50).filter(str.strip)},
    optional={
        "model": st.sampled_from([model.id for model in MODELS]),
        "size": st.sampled_from(["auto", "1024x1024", "3840x2160", "1024x1536"]),
        "quality": st.sampled_from(["low", "medium", "high", "auto"]),
        "output_format": st.sampled_from(["jpeg", "webp"]),
        "output_compression": st.integers(0, 100),
        "background": st.sampled_from(["auto", "opaque"]),
        "moderation": st.sampled_from(["auto", "low"]),
        "n": st.just(1),
        "stream": st.just(True),
        "user": st.text(max_size=20),
    },
)


@given(VALID)
def test_what_is_sent_reads_back_as_the_same_request(body: dict[str, Any]) -> None:
    wanted = ImageRequest.parse({"output_format": "webp"} | body)
    sent = json.loads(json.dumps(wanted.to_wire()))

    assert ImageRequest.parse(sent).to_wire() == sent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELD = st.sampled_from([*ImageRequest.__dataclass_fields__, "style"]) | st.text(max_size=8)
WORD = st.sampled_from(
    ["auto", "low", "1024x1024", "0x0", "99999999999x16", "png", "transparent", "%(name)s", "\ud800"]
)


@given(st.dictionaries(FIELD, JSON | WORD | st.integers(-1, 11), max_size=12) | JSON)
@example({"prompt": "a", "n": 10**5000})
@example({"prompt": "a", "size": "9" * 100_000 + "x16"})
@example({"prompt": "%s %(x)s", "quality": "%d", "%s": 1})
def test_any_json_is_a_request_or_an_invalid_one(body: Any) -> None:
    problems, wanted = [], None
    try:
        wanted = ImageRequest.parse(body)
    except InvalidRequest as error:
        problems = error.problems

    assert all(str(problem) for problem in problems)
    assert bool(problems) is (wanted is None)
    assert wanted is None or wanted.problems() == []
