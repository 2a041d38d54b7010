"""From the words of a prompt to a scene, a palette and the weather."""

import random
import re
from dataclasses import dataclass

from studio.sandbox.painter.colour import Colour
from studio.sandbox.painter.palettes import PALETTES, Palette, varied

SCENE_WORDS: dict[str, str] = {
    "flowers": "flower flowers floral rose roses tulip peony bloom blossom bouquet botanical petal petals lotus",
    "portrait": "portrait person woman man girl boy face headshot people fashion selfie character queen king astronaut",
    "city": "city skyline street town building buildings tower skyscraper urban tokyo york paris london cyberpunk",
    "sea": "sea ocean beach wave waves coast sail boat ship lighthouse island harbor harbour seascape surf whale",
    "forest": "forest tree trees woods jungle pine woodland deer fox bear owl wolf path",
    "product": "product bottle perfume watch shoe sneaker cosmetic cosmetics packaging jar lamp chair sofa vase mockup"
    " candle furniture headphones camera phone skincare cream lotion",
    "still_life": "food fruit coffee tea cup apple orange lemon bread cake breakfast wine table pear peach bowl cheese",
    "dashboard": "dashboard ui interface app website wireframe screen chart charts infographic landing saas",
    "space": "space galaxy planet planets cosmos nebula universe astronomy saturn mars orbit rocket asteroid spaceship",
    "pattern": "pattern geometric bauhaus logo icon icons tile tiles mosaic poster illustration vector flat print grid",
    "ribbons": "abstract wallpaper gradient background texture fluid flow silk wavy liquid aurora smoke music dream",
    "hills": "mountain mountains hill hills landscape valley meadow field lake sunrise sunset dawn dusk desert dune"
    " dunes canyon sky snow winter autumn alps peak volcano island river night moon stars horizon fog mist castle house"
    " cabin balloon",
}

PALETTE_WORDS: dict[str, str] = {
    "neon": "neon cyberpunk synthwave vaporwave glowing futuristic rave electric",
    "night": "night midnight moon moonlight moonlit stars starry dark galaxy space nebula cosmos",
    "dusk": "dusk twilight evening aurora mysterious",
    "golden": "sunset golden orange dramatic fire warm",
    "dawn": "sunrise dawn morning",
    "winter": "winter snow snowy ice frozen frost arctic christmas",
    "autumn": "autumn fall october harvest",
    "desert": "desert dune dunes sand canyon mars sahara",
    "pastel": "pastel dreamy candy cute kawaii soft",
    "green": "forest jungle green spring woodland tropical fresh leaf garden bamboo matcha",
    "blush": "pink rose romantic wedding peony blossom love blush",
    "ink": "luxury premium black elegant cinematic noir",
    "linen": "minimal minimalist natural beige ceramic linen scandinavian clean white",
    "ocean": "ocean sea beach blue coast island surf",
    "day": "day noon summer sunny bright sky field meadow",
    "poster": "poster bauhaus geometric retro vintage illustration",
}

TIME_PALETTES = ("neon", "night", "dusk", "golden", "dawn", "winter", "autumn")
"""Palettes of a time of day or a season; they take precedence over palettes of a place."""

HUES: dict[str, float] = {
    "red": 25, "crimson": 20, "orange": 55, "amber": 75, "yellow": 95, "lime": 120, "green": 148, "emerald": 160,
    "teal": 190, "turquoise": 195, "cyan": 205, "blue": 250, "navy": 262, "indigo": 275, "violet": 295, "purple": 305,
    "magenta": 335, "pink": 355,
}  # fmt: skip

WEATHERS = {
    "snow": "snow snowy winter christmas blizzard",
    "rain": "rain rainy storm",
    "mist": "mist misty fog foggy haze hazy moody",
    "stars": "night stars starry midnight galaxy milky",
}

DEFAULT_PALETTES: dict[str, tuple[str, ...]] = {
    "hills": ("dawn", "golden", "day", "dusk"),
    "sea": ("ocean", "golden", "dawn"),
    "forest": ("green", "green", "autumn"),
    "city": ("dusk", "golden", "dawn", "night"),
    "portrait": ("linen", "blush", "ink", "golden"),
    "product": ("linen", "blush", "ink", "green"),
    "still_life": ("linen", "autumn", "green"),
    "dashboard": ("linen", "day", "ink"),
    "space": ("night", "neon"),
    "pattern": ("poster", "linen", "ink"),
    "ribbons": ("golden", "pastel", "dusk", "ocean", "neon"),
    "flowers": ("blush", "ink", "linen"),
}

CHINESE = {
    "日出": "sunrise", "日落": "sunset", "夕阳": "sunset", "海": "sea", "船": "boat", "森林": "forest", "树": "tree",
    "城市": "city", "夜": "night", "霓虹": "neon", "山": "mountain", "湖": "lake", "雪": "snow", "雨": "rain",
    "雾": "mist", "花": "flower", "肖像": "portrait", "人": "person", "产品": "product", "香水": "perfume",
    "咖啡": "coffee", "水果": "fruit", "星": "stars", "宇宙": "space", "抽象": "abstract", "图案": "pattern",
    "海报": "poster", "界面": "interface", "沙漠": "desert", "秋": "autumn", "春": "spring", "红": "red",
    "蓝": "blue", "绿": "green", "紫": "purple", "粉": "pink",
}  # fmt: skip
"""English words for the Chinese ones in a prompt."""

DEFAULT_SCENES = ("ribbons", "hills", "pattern", "sea", "ribbons")


@dataclass(frozen=True)
class Theme:
    """What a prompt asks to see: the scene's name, its colours, the weather, and the words of the prompt."""

    scene: str
    palette: Palette
    words: frozenset[str]
    weather: frozenset[str]
    hue: float | None

    def accent(self, place: int) -> Colour:
        """An accent of the palette; the first one takes the hue that the prompt names."""
        lightness, chroma, hue = self.palette.accents[place % len(self.palette.accents)]
        return (
            (lightness, max(chroma, 0.10), self.hue)
            if place == 0 and self.hue is not None
            else (lightness, chroma, hue)
        )

    def accents(self) -> tuple[Colour, ...]:
        """All accents, turned towards the hue that the prompt names."""
        if self.hue is None:
            return self.palette.accents
        spread = (0.0, 18.0, -22.0, 8.0, -40.0)
        return tuple(
            (light, chroma, (self.hue + turn) % 360)
            for (light, chroma, _), turn in zip(self.palette.accents, spread, strict=True)
        )

    def mentions(self, *words: str) -> bool:
        """Whether the prompt holds one of these words."""
        return not self.words.isdisjoint(words)


def read_theme(prompt: str, rng: random.Random) -> Theme:
    """The theme of a prompt; whatever the words leave open is chosen by `rng`."""
    ordered = _words(prompt[:4000].lower())
    words = frozenset(ordered)
    scene = _best(SCENE_WORDS, ordered) or rng.choice(DEFAULT_SCENES)
    name = (
        _best({hour: PALETTE_WORDS[hour] for hour in TIME_PALETTES}, ordered)
        or _best(PALETTE_WORDS, ordered)
        or rng.choice(DEFAULT_PALETTES[scene])
    )
    hue = next((HUES[word] for word in ordered if word in HUES), None)
    palette = varied(_palette_for(scene, name, rng), rng)
    if words & {"monochrome", "noir", "charcoal", "grayscale", "greyscale"} or "black and white" in prompt.lower():
        palette = palette.desaturated(0.06)
    weather = frozenset(name for name, vocabulary in WEATHERS.items() if words & set(vocabulary.split()))
    return Theme(scene=scene, palette=palette, words=words, weather=weather, hue=hue)


def _words(text: str) -> list[str]:
    """The English words in order, then those that Chinese characters stand for."""
    return re.findall(r"[a-z]+", text) + [word for sign, word in CHINESE.items() if sign in text]


def _best(vocabulary: dict[str, str], ordered: list[str]) -> str | None:
    """The entry that most of the prompt's words belong to; in a tie the earlier word wins."""
    votes: dict[str, float] = {}
    for place, word in enumerate(dict.fromkeys(ordered)):
        for name, known in vocabulary.items():
            if word in known.split():
                votes[name] = votes.get(name, 0) + 1 + 0.5 / (1 + place)
    return max(votes, key=lambda name: votes[name]) if votes else None


def _palette_for(scene: str, name: str, rng: random.Random) -> Palette:
    """A space scene needs a dark sky, whatever the words say."""
    if scene == "space" and not PALETTES[name].is_dark:
        name = rng.choice(DEFAULT_PALETTES["space"])
    return PALETTES[name]
