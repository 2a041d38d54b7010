"""The sea, with a boat, a headland or a beach."""

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.outlines import closed, ridge
from studio.sandbox.painter.scenes.sky import birds, sky, weather
from studio.sandbox.painter.theme import Theme


def sea(canvas: Canvas, theme: Theme) -> None:
    """A wide horizon, the light's path on the water, swells towards the shore."""
    rng, palette, height, unit = canvas.rng, theme.palette, canvas.height, canvas.unit
    horizon = height * rng.uniform(0.46, 0.56)
    x, _ = sky(canvas, theme, horizon)
    birds(canvas, mix(palette.near, palette.far, 0.3), canvas.width - x, horizon * 0.5)
    _headland(canvas, theme, horizon, x)
    far, near = mix(palette.far, palette.sky[-1], 0.30), shade(palette.near, light=0.04)
    water = canvas.stencil()
    water.box(0, horizon, canvas.width, height - horizon)
    canvas.fill_stencil(water, canvas.vertical_gradient((far, mix(far, near, 0.55), near), horizon, height))
    _swell(canvas, theme, horizon)
    _glitter(canvas, theme, x, horizon)
    if theme.mentions("boat", "sail", "ship", "sailing", "yacht") or rng.random() < 0.4:
        _boat(canvas, theme, canvas.width - x + rng.uniform(-0.08, 0.08) * unit, horizon + unit * 0.035)
    if theme.mentions("beach", "coast", "shore", "sand"):
        _beach(canvas, theme)
    weather(canvas, theme)


def _headland(canvas: Canvas, theme: Theme, horizon: float, sun_x: float) -> None:
    rng, unit, palette = canvas.rng, canvas.unit, theme.palette
    for layer in range(2):
        colour = mix(palette.far, palette.near, 0.12 + 0.22 * layer)
        line = ridge(rng, canvas.width, 0, 1, rough=0.5, waves=3)
        side = 0 if sun_x > canvas.width / 2 else canvas.width
        reach = canvas.width * (0.62 - 0.24 * layer)
        tall = unit * (0.11 - 0.02 * layer)
        crest = [
            (px, horizon - max(0.0, 1 - abs(px - side) / reach) ** 1.3 * tall * (1 + 0.35 * py)) for px, py in line
        ]
        canvas.polygon(
            closed(crest, horizon + 1),
            canvas.vertical_gradient((colour, mix(colour, palette.sky[-1], 0.5)), horizon - unit * 0.1, horizon),
        )


def _swell(canvas: Canvas, theme: Theme, horizon: float) -> None:
    """Bands of waves that widen towards the eye, each with a lit crest and a shaded back."""
    rng, palette, unit = canvas.rng, theme.palette, canvas.unit
    count = 7 + 3 * canvas.detail
    for wave in range(count):
        depth = (wave + rng.uniform(0.2, 0.8)) / count
        y = horizon + (canvas.height - horizon) * depth**1.7
        tall = unit * (0.003 + 0.022 * depth)
        line = ridge(rng, canvas.width, y, tall * 0.55, rough=0.15, waves=rng.uniform(3, 6) / (0.4 + depth))
        body = closed(line, y + tall * 3.5)
        dark = mix(mix(palette.far, palette.near, 0.25 + 0.6 * depth), palette.sky[0], 0.25)
        canvas.polygon(body, dark, blur=tall * 0.55, opacity=0.42)
        crest = canvas.stencil()
        crest.line(line, max(0.8, tall * 0.12))
        canvas.fill_stencil(
            crest, mix(palette.light, palette.far, 0.35), blur=max(0.5, tall * 0.07), opacity=0.26 + 0.12 * depth
        )
    ripples = canvas.noise(70, stretch=9, octaves=2)
    band = canvas.gradient_mask(0, 0.7, horizon, canvas.height)
    canvas.apply_noise(
        mix(palette.light, palette.sky[-1], 0.5), ripples, low=0.52, high=0.80, opacity=0.40, within=band
    )


def _glitter(canvas: Canvas, theme: Theme, x: float, horizon: float) -> None:
    rng, unit = canvas.rng, canvas.unit
    depth = canvas.height - horizon
    canvas.ellipse_glow(
        x, horizon, unit * 0.42, depth * 1.0, mix(theme.palette.light, theme.palette.sky[-1], 0.4), 0.38
    )
    sparks = canvas.stencil()
    for _ in range(180 + 120 * canvas.detail):
        down = rng.random() ** 1.6
        y = horizon + 2 + depth * down
        spread = unit * (0.045 + 0.16 * down)
        long = unit * rng.uniform(0.006, 0.028) * (0.5 + 1.6 * down)
        sparks.ellipse(x + rng.gauss(0, 0.5) * spread, y, long, max(0.6, long * 0.055), tone=rng.uniform(0.35, 1.0))
    canvas.fill_stencil(sparks, theme.palette.light, blur=0.5, opacity=0.9)


def _boat(canvas: Canvas, theme: Theme, x: float, y: float) -> None:
    unit = canvas.unit * 0.055
    canvas.ellipse(
        x, y + unit * 0.14, unit * 0.8, unit * 0.06, shade(theme.palette.near, light=0.02), blur=2, opacity=0.55
    )
    hull = [
        (x - unit * 0.55, y),
        (x + unit * 0.62, y - unit * 0.02),
        (x + unit * 0.40, y + unit * 0.15),
        (x - unit * 0.40, y + unit * 0.15),
    ]
    canvas.polygon(hull, shade(theme.palette.near, light=-0.02))
    sail = mix(theme.palette.light, theme.palette.far, 0.08)
    canvas.polygon([(x, y - unit * 1.6), (x + unit * 0.62, y - unit * 0.10), (x, y - unit * 0.08)], sail)
    mast = x - unit * 0.05
    jib = [(mast, y - unit * 1.35), (mast, y - unit * 0.08), (x - unit * 0.46, y - unit * 0.10)]
    canvas.polygon(jib, shade(sail, light=-0.10))


def _beach(canvas: Canvas, theme: Theme) -> None:
    rng, unit = canvas.rng, canvas.unit
    sand: Colour = mix((0.86, 0.06, 75), theme.palette.far, 0.25)
    for offset, fill, opacity in (
        (-0.020, theme.palette.light, 0.75),
        (0.0, shade(sand, light=-0.12), 1.0),
        (0.014, sand, 1.0),
    ):
        base = canvas.height * 0.88 + offset * unit
        line = ridge(rng, canvas.width, base, unit * 0.03, rough=0, waves=1.6)
        slanted = [(x, y + (x / canvas.width - 0.5) * unit * 0.16) for x, y in line]
        canvas.polygon(closed(slanted, canvas.height), fill, blur=unit * 0.003, opacity=opacity)
