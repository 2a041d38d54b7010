"""A chart of stacked bars, one a day: numbers that a template renders as SVG.

Horizontal lengths are percentages, so that bars fit any width; heights are pixels, so that text is not stretched.
Everything is an attribute: the content security policy allows no inline styles.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format

from .filters import Span

HEIGHT = 200  # px from the zero line to the highest
TOP = 12  # px above it, so that its label is not cut off
COLOURS = 6  # series with a colour of their own; all others share the last, a grey
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
TICKS = 4  # lines above zero


@dataclass(frozen=True)
class Series:
    """One part of every bar, the most expensive first; `key` None is all the others together."""

    key: Hashable
    label: str
    colour: int  # 0 … COLOURS
    total: Decimal  # USD
    amounts: Mapping[date, Decimal]


@dataclass(frozen=True)
class Segment:
    colour: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day; `x` and `width` are percentages of the chart's width, the slot is the area that reacts to a pointer."""

    day: date
    x: float
    width: float
    slot_x: float
    slot_width: float
    y: float  # of its top
    height: float
    total: Decimal
    segments: tuple[Segment, ...]
    amounts: tuple[Decimal, ...]  # of each series, in their order


@dataclass(frozen=True)
class Chart:
    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, Decimal], ...]  # y and USD
    dates: tuple[tuple[float, str], ...]  # x in percent and what stands below it

    @property
    def total(self) -> Decimal:
        return sum((series.total for series in self.series), Decimal(0))

    @property
    def baseline(self) -> int:
        return TOP + HEIGHT


def draw(span: Span, series: Sequence[Series]) -> Chart:
    """Lay out the series over the days of the span."""
    days = list(span)
    totals = [sum((one.amounts.get(day, Decimal(0)) for one in series), Decimal(0)) for day in days]
    step = nice_step(max(totals, default=Decimal(0)) / TICKS)
    scale = float(HEIGHT / (step * TICKS))
    slot = 100 / len(days)
    gap = slot * (0.28 if len(days) <= 62 else 0.16)
    bars = tuple(
        bar(day, at=at, slot=slot, gap=min(gap, 12), series=series, total=total, scale=scale)
        for at, (day, total) in enumerate(zip(days, totals, strict=True))
    )
    ticks = tuple((round(TOP + HEIGHT - HEIGHT * at / TICKS, 2), step * at) for at in range(TICKS + 1))
    return Chart(series=tuple(series), bars=bars, ticks=ticks, dates=dates_below(days, slot))


def bar(day: date, *, at: int, slot: float, gap: float, series: Sequence[Series], total: Decimal, scale: float) -> Bar:
    amounts = tuple(one.amounts.get(day, Decimal(0)) for one in series)
    top, segments = float(TOP + HEIGHT), []
    for one, amount in zip(series, amounts, strict=True):
        height = max(0.0, float(amount) * scale)
        top -= height
        if height:
            segments.append(Segment(one.colour, round(top, 2), round(height, 2)))
    width = max(slot - gap, slot * 0.5) if slot < 100 else 24
    return Bar(
        day=day,
        x=round(at * slot + (slot - width) / 2, 4),
        width=round(width, 4),
        slot_x=round(at * slot, 4),
        slot_width=round(slot, 4),
        y=round(top, 2),
        height=round(TOP + HEIGHT - top, 2),
        total=total,
        segments=tuple(segments),
        amounts=amounts,
    )


def nice_step(least: Decimal) -> Decimal:
    """The smallest 1, 2, 2.5 or 5 times a power of ten that is not below `least`; a cent for an empty chart."""
    if least <= 0:
        return Decimal("0.01")
    power = Decimal(1).scaleb(least.adjusted())
    return next(step * power for step in STEPS if step * power >= least)


def dates_below(days: Sequence[date], slot: float) -> tuple[tuple[float, str], ...]:
    """Labels for every day where there is room, else for every week, else for the first of each month."""
    if len(days) <= 10:
        chosen = list(range(len(days)))
    elif len(days) <= 93:
        chosen = list(range(0, len(days), 7 if len(days) <= 35 else 14))
    else:
        chosen = [at for at, day in enumerate(days) if day.day == 1]
    form = "j M" if len(days) <= 93 else "M"
    return tuple((round(at * slot + slot / 2, 4), date_format(days[at], form)) for at in chosen)


def stacked(
    amounts: Mapping[tuple[Hashable, date], Decimal], *, labels: Mapping[Hashable, str], others: str
) -> list[Series]:
    """Series from the daily cost of each value: the most expensive with a colour each, the rest as one."""
    by_key: dict[Hashable, dict[date, Decimal]] = {}
    for (key, day), amount in amounts.items():
        by_key.setdefault(key, {})[day] = amount
    totals = {key: sum(of_days.values(), Decimal(0)) for key, of_days in by_key.items()}
    ranked = sorted((key for key in by_key if totals[key]), key=lambda key: (-totals[key], str(labels.get(key, key))))
    # With one more than there are colours, the last takes the grey and there is no "others".
    kept, rest = (ranked, []) if len(ranked) <= COLOURS else (ranked[:COLOURS], ranked[COLOURS:])
    series = [Series(key, labels.get(key, str(key)), at, totals[key], by_key[key]) for at, key in enumerate(kept)]
    if rest:
        together: dict[date, Decimal] = {}
        for key in rest:
            for day, amount in by_key[key].items():
                together[day] = together.get(day, Decimal(0)) + amount
        series.append(Series(None, others, COLOURS, sum(together.values(), Decimal(0)), together))
    return series
