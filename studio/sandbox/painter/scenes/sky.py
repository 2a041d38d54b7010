"""The sky of the outdoor scenes: sun, moon, clouds, stars, birds, mist, snow and rain."""

import math

from studio.sandbox.painter.canvas import Canvas
from studio.sandbox.painter.colour import Colour, mix, shade
from studio.sandbox.painter.outlines import Point
from studio.sandbox.painter.theme import Theme


def sky(canvas: Canvas, theme: Theme, horizon: float) -> Point:
    """Paint the sky down to the horizon with its sun or moon; returns the position of the light."""
    palette, rng = theme.palette, canvas.rng
    canvas.fill(palette.sky, 0, horizon)
    x = canvas.width * rng.choice((rng.uniform(0.24, 0.40), rng.uniform(0.60, 0.76)))
    if palette.is_dark or "stars" in theme.weather:
        y = horizon * rng.uniform(0.22, 0.42)
        stars(canvas, theme, horizon)
        clouds(canvas, theme, horizon)
        moon(canvas, theme, x, y)
    else:
        low = theme.mentions("sunset", "sunrise", "dawn", "dusk", "horizon") or palette.far[2] < 120
        y = horizon * (rng.uniform(0.62, 0.78) if low else rng.uniform(0.28, 0.45))
        sun(canvas, theme, x, y)
        clouds(canvas, theme, horizon)
    return x, y


def sun(canvas: Canvas, theme: Theme, x: float, y: float) -> None:
    """A disc of light in a wide halo."""
    light, unit = theme.palette.light, canvas.unit
    warm = mix(light, theme.palette.sky[-1], 0.5)
    canvas.glow(x, y, unit * 1.15, warm, 0.60, 2.2)
    canvas.glow(x, y, unit * 0.42, light, 0.65, 2.0)
    radius = unit * canvas.rng.uniform(0.055, 0.085)
    canvas.ellipse(
        x, y, radius, radius, canvas.vertical_gradient((light, shade(warm, light=0.02)), y - radius, y + radius * 1.6)
    )


def moon(canvas: Canvas, theme: Theme, x: float, y: float) -> None:
    """A full moon with faint seas, or a crescent when the prompt says so."""
    light, unit = theme.palette.light, canvas.unit
    canvas.glow(x, y, unit * 0.75, light, 0.30, 2.4)
    canvas.glow(x, y, unit * 0.20, light, 0.45, 2.0)
    radius = unit * canvas.rng.uniform(0.05, 0.075)
    disc = canvas.stencil()
    disc.ellipse(x, y, radius)
    if theme.mentions("crescent"):
        disc.ellipse(x + radius * 0.5, y - radius * 0.2, radius * 0.9, tone=0)
    mask = disc.mask()
    canvas.fill_mask(canvas.vertical_gradient((light, shade(light, light=-0.08)), y - radius, y + radius), mask)
    canvas.apply_noise(
        shade(light, light=-0.16), canvas.noise(26, octaves=3), low=0.42, high=0.62, opacity=0.6, within=mask
    )


def stars(canvas: Canvas, theme: Theme, horizon: float) -> None:
    """Many faint stars, a few bright ones."""
    rng, unit = canvas.rng, canvas.unit
    for count, size, tone in ((260, 0.0008, 0.45), (70, 0.0013, 0.8), (14, 0.0022, 1.0)):
        field = canvas.stencil()
        for _ in range(count):
            height = horizon * 0.95 * rng.random() ** 1.3
            field.ellipse(rng.uniform(0, canvas.width), height, unit * size * rng.uniform(0.7, 1.4), tone=tone)
        canvas.fill_stencil(field, theme.palette.light)


def clouds(canvas: Canvas, theme: Theme, horizon: float) -> None:
    """Long streaks of cloud, lit from below."""
    rng, palette = canvas.rng, theme.palette
    band = canvas.gradient_mask(0.1, 0.15, 0, horizon, middle=0.75)
    lit = mix(palette.light, palette.sky[-1], 0.35)
    strength = 0.30 if palette.is_dark else 0.75
    shadow = mix(palette.sky[-1], palette.far, 0.55)
    noise = canvas.noise(rng.uniform(3.2, 5), stretch=rng.uniform(3, 6), octaves=4)
    canvas.apply_noise(shadow, noise, low=0.46, high=0.72, opacity=strength * 0.55, within=band)
    lower = canvas.noise(rng.uniform(4, 6), stretch=rng.uniform(3, 6), octaves=4)
    canvas.apply_noise(lit, lower, low=0.50, high=0.76, opacity=strength, within=band)


def mist(canvas: Canvas, colour: Colour, top: float, bottom: float, opacity: float = 0.7) -> None:
    """A bank of mist, thickest at its lower edge."""
    band = canvas.gradient_mask(0, 1, top, bottom)
    canvas.apply_noise(colour, canvas.noise(3, stretch=5, octaves=3), low=0.15, high=0.70, opacity=opacity, within=band)


def birds(canvas: Canvas, colour: Colour, x: float, y: float) -> None:
    """A loose flock, far away."""
    rng, unit = canvas.rng, canvas.unit
    flock = canvas.stencil()
    for _ in range(rng.randint(4, 8)):
        left, top = x + rng.gauss(0, 0.10) * unit, y + rng.gauss(0, 0.035) * unit
        span, lift = unit * rng.uniform(0.008, 0.016), rng.uniform(0.25, 0.6)
        wing = [(left - span, top - span * lift), (left - span * 0.4, top - span * lift * 0.9), (left, top)]
        flock.line(wing, unit * 0.0018)
        flock.line([(2 * left - px, py) for px, py in wing], unit * 0.0018)
    canvas.fill_stencil(flock, colour, opacity=0.8)


def snowfall(canvas: Canvas) -> None:
    """Flakes in three depths, the nearest out of focus."""
    rng, unit = canvas.rng, canvas.unit
    for count, size, blur, opacity in ((240, 0.0022, 0.0, 0.8), (70, 0.005, 0.0015, 0.75), (16, 0.014, 0.006, 0.55)):
        flakes = canvas.stencil()
        for _ in range(count):
            x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
            flakes.ellipse(x, y, unit * size * rng.uniform(0.5, 1.2))
        canvas.fill_stencil(flakes, (0.99, 0.01, 250), blur=unit * blur, opacity=opacity)


def rainfall(canvas: Canvas) -> None:
    """Fine slanted streaks."""
    rng, unit = canvas.rng, canvas.unit
    streaks = canvas.stencil()
    for _ in range(260):
        x, y = rng.uniform(-0.1, 1.05) * canvas.width, rng.uniform(-0.1, 1) * canvas.height
        length = unit * rng.uniform(0.02, 0.06)
        streaks.line([(x, y), (x - length * 0.22, y + length)], unit * 0.0012, tone=rng.uniform(0.2, 0.6))
    canvas.fill_stencil(streaks, (0.95, 0.02, 240), opacity=0.7)


def weather(canvas: Canvas, theme: Theme) -> None:
    """Snow or rain, where the prompt names them."""
    if "snow" in theme.weather:
        snowfall(canvas)
    if "rain" in theme.weather:
        rainfall(canvas)


def rays(canvas: Canvas, x: float, y: float, colour: Colour, opacity: float) -> None:
    """Shafts of light from a point, wide and soft."""
    rng, reach = canvas.rng, math.hypot(canvas.width, canvas.height)
    shafts = canvas.stencil()
    for _ in range(9):
        angle, spread = rng.uniform(0.12, 0.88) * math.pi, rng.uniform(0.015, 0.05)
        edges = [(x + reach * math.cos(a), y + reach * math.sin(a)) for a in (angle - spread, angle + spread)]
        shafts.polygon([(x, y), *edges], tone=rng.uniform(0.3, 0.8))
    canvas.fill_stencil(shafts, colour, blur=canvas.unit * 0.018, opacity=opacity)
