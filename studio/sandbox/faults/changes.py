"""Changes that faults make to a drawing's specification or file, and conditions on the specification."""

from dataclasses import replace

from studio.sandbox.drawing_spec import DrawingSpec


def one_picture(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, n=1)


def has_several_pictures(spec: DrawingSpec) -> bool:
    return spec.n > 1


def is_webp(spec: DrawingSpec) -> bool:
    return spec.output_format == "webp"


def without_pictures_drawn(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, n=0, partials=0)


def twice_the_pictures(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, n=2 * spec.n, partials=0)


def lacks_partials(spec: DrawingSpec) -> bool:
    return spec.stream and not spec.partials


def downgraded(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, width=1254, height=1254, quality="low", reported_size="auto", reported_quality="auto",
                   reported_model="gpt-image-2-codex")  # fmt: skip


def mislabelled(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, output_format="png", compression=None, reported_format="webp")


def rescaled(spec: DrawingSpec) -> DrawingSpec:
    width, height = spec.width * 3 // 4, spec.height * 3 // 4
    return replace(spec, width=width, height=height, reported_size=f"{width}x{height}")


def shifted(spec: DrawingSpec) -> DrawingSpec:
    return replace(spec, offset=(6, -4))


def uses_bracketed_field(spec: DrawingSpec) -> bool:
    return spec.source is not None and spec.source.image_field == "image[]"


def first_half(picture: bytes) -> bytes:
    return picture[: len(picture) // 2]


def text_instead(_: bytes) -> bytes:
    return b"I am sorry, but here is a description of the picture instead of the picture."
