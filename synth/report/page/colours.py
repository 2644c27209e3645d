"""Colours of the page in both themes, with enough contrast to the background."""

import colorsys
import re


def colour_rules(page, *, light="f5f7f9", dark="1b2127"):
    """CSS for the colours of a page's classes `c-rrggbb` and `a-rrggbb`, in both themes.

    The lightness of colours of lines (`c`) is changed until their contrast to the background is
    3, which WCAG 2 requires of graphics. Colours of areas (`a`) stay, since areas are only
    backgrounds.
    """
    rules = []
    for kind, name in sorted(set(re.findall(r"\b([ac])-([0-9a-f]{6})\b", page))):
        seen = [name, _turned(name)]
        if kind == "c":
            seen = [_apart(seen[0], light, 3.0), _apart(seen[1], dark, 3.0)]
        rules.append(f".{kind}-{name}{{--c:light-dark(#{seen[0]},#{seen[1]})}}")
    return "".join(rules)


def contrast(first, second):
    """The contrast ratio of two colours rrggbb by WCAG 2, 1 to 21."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _turned(colour):
    """A colour for the dark theme: greys are reversed, other colours made lighter."""
    hue, light, strong = colorsys.rgb_to_hls(*_rgb(colour))
    light = 1 - 0.9 * light if strong < 0.08 else max(light, 0.62)
    return _hex(colorsys.hls_to_rgb(hue, light, strong))


def _apart(colour, background, least):
    hue, light, strong = colorsys.rgb_to_hls(*_rgb(colour))
    step = 0.02 if _luminance(background) < 0.2 else -0.02
    while contrast(colour, background) < least and 0 <= light + step <= 1:
        light += step
        colour = _hex(colorsys.hls_to_rgb(hue, light, strong))
    return colour


def _rgb(colour):
    return [int(colour[k : k + 2], 16) / 255 for k in (0, 2, 4)]


def _hex(parts):
    return "".join(f"{round(255 * p):02x}" for p in parts)
