import math

import altair as alt
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.report import charts
from unfreeze.report.drawing import axis_window
from unfreeze.report.looks import look_of

FROZEN, TUNED = LOOKS = (look_of("feature-extraction"), look_of("fine-tuning"))
METHODS = tuple(look.name for look in LOOKS)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9))
def test_axis_window_holds_every_value_on_whole_points(values):
    low, high = axis_window(values)
    assert low <= min(values) <= max(values) <= high <= 100
    assert low == math.floor(low)
    assert high - low >= 1
    assert low >= 0 or min(values) < 0


def score_chart(seconds):
    rows = [
        {"arm": m, "seconds": s, "cost": "", "score": 90.0, "low": 88.0, "high": 92.0}
        for m, s in zip(METHODS, seconds, strict=True)
    ]
    return charts.score_against_cost(rows, [{**row, "seed": 0} for row in rows], LOOKS, "test accuracy (%)", (87, 93))


@pytest.mark.parametrize(("seconds", "log"), [((10.0, 12.0), False), ((1.0, 300.0), True), ((0.0, 300.0), False)])
def test_time_axis_is_logarithmic_only_for_far_times_and_says_so(seconds, log):
    x = score_chart(seconds)["layer"][0]["encoding"]["x"]
    assert (x["scale"].get("type") == "log") is log
    assert ("log scale" in x["title"]) is log
    assert x["scale"]["domain"][0] <= min(seconds) <= max(seconds) <= x["scale"]["domain"][1]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        ((100.0, 350.0), [0, 120, 240, 360]),
        ((3.0, 4.0), [0, 1, 2, 3, 4]),
        ((4000.0, 15000.0), [0, 3600, 7200, 10800, 14400]),
    ],
)
def test_ticks_are_whole_seconds_minutes_or_hours(seconds, ticks):
    assert score_chart(seconds)["layer"][0]["encoding"]["x"]["axis"]["values"] == ticks


def test_difference_is_drawn_around_zero_with_the_region():
    spec = charts.difference((-3.0, -5.0, -1.0), 0.5, "fine-tuning", "feature extraction")
    (row,) = spec["data"]["values"]
    assert (row["from"], row["to"], row["low"], row["high"]) == (-0.5, 0.5, -5.0, -1.0)
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low == -high < -5


def test_confusion_figures_are_left_out_when_they_would_not_fit():
    def layers(size):
        names = [str(i) for i in range(size)]
        rows = [{"gold": g, "predicted": p, "count": 1, "share": 10.0} for g in names for p in names]
        return charts.confusion(rows, TUNED)["layer"]

    assert len(layers(12)) == 2
    assert len(layers(13)) == 1


NAMES = ("a\u2028b", "datum.x", "'; throw 1; '", '"', "\\", "</script>")
PAIRS = [{"gold": g, "predicted": p, "count": 1, "share": 10.0} for g in NAMES for p in NAMES]


def texts_of(value):
    """Every string inside a spec but those of its data, which no expression holds."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() if key not in ("values", "rows") for text in texts_of(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_of(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    "spec",
    [
        charts.confusion(PAIRS, TUNED),
        charts.most_confused([{**row, "pair": row["gold"] + row["predicted"]} for row in PAIRS], TUNED),
        charts.scatter([{"gold": 1.0, "predicted": 2.0, "text": name} for name in NAMES], TUNED, (0.0, 5.0)),
    ],
)
def test_names_and_texts_are_data_and_never_part_of_a_spec_or_of_an_expression_made_from_it(spec):
    assert not [text for text in texts_of(spec) if any(name in text for name in NAMES if len(name) > 1)]
    vega = vl_convert.vegalite_to_vega(spec)
    assert not [text for text in texts_of(vega) if "\u2028" in text or "throw 1" in text]


def test_classes_of_a_confusion_matrix_are_in_the_order_of_its_rows():
    spec = charts.confusion(PAIRS, TUNED)
    assert [row["gold"] for row in spec["datasets"]["rows"][:: len(NAMES)]] == list(NAMES)
    for axis in "xy":
        assert spec["layer"][0]["encoding"][axis]["sort"] is None


def test_a_calibration_curve_is_told_in_words_and_has_its_diagonal():
    spec = SPECS["calibration"]
    assert spec["description"].endswith("62 % said, 58 % true; 99 % said, 97 % true")
    promise, line, points = spec["layer"]
    assert promise["data"]["values"] == [{"said": end, "true": end} for end in (50, 100)]
    assert points["encoding"]["size"]["field"] == "answers"
    assert {points["encoding"][axis]["field"] for axis in "xy"} == {"said", "true"}
    assert points["encoding"]["x"]["field"] == "said"
    for layer in (promise, line, points):
        assert [layer["encoding"][axis]["scale"]["domain"] for axis in "xy"] == [[50, 100], [50, 100]]


def curve(epochs):
    rows = [{"epoch": e, "dev": 80.0 + e, "loss": 1.0, "kept": e == epochs} for e in range(1, epochs + 1)]
    return charts.training_curves(
        [{**row, "run": r, "recipe": r, "seed": 0, "final": r == "a"} for r in "ab" for row in rows],
        "dev",
        TUNED,
    )


SPECS = {
    "cost": score_chart((1.0, 300.0)),
    "difference": charts.difference((0.0, -1.0, 1.0), 0.5, "a", "b"),
    "seeds": charts.seed_strip(
        [{"arm": METHODS[0], "seed": 0, "score": 90.0}], LOOKS[:1], "test accuracy (%)", (89, 91)
    ),
    "scatter": charts.scatter([{"gold": 1.0, "predicted": 2.0, "text": "</script>"}], TUNED, (0.0, 5.0)),
    "confusion": charts.confusion(PAIRS, TUNED),
    "most confused": charts.most_confused([{**PAIRS[1], "pair": "1. a"}], FROZEN),
    "layers": charts.layer_weights([{"layer": i, "weight": 50.0, "seed": 0} for i in (0, 1)], FROZEN),
    "probes": charts.layer_scores(
        [{"layer": i, "score": 80.0, "low": 78.0, "high": 83.0, "dev": 81.0, "chosen": i == 1} for i in (0, 1)],
        [{"layer": 0, "score": 79.0}],
        "test accuracy (%)",
    ),
    "calibration": charts.calibration(
        [{"said": 62.4, "true": 58.0, "answers": 40}, {"said": 99.0, "true": 97.0, "answers": 41}], TUNED, (50, 100)
    ),
    "curves": curve(5),
    "one epoch": curve(1),
}


@pytest.mark.parametrize("name", SPECS)
def test_specs_compile_without_a_warning_and_take_the_width_of_their_container(name, capfd):
    spec = SPECS[name]
    alt.Chart.from_dict(spec)  # checks every part against the schema
    vega = vl_convert.vegalite_to_vega(spec)
    assert vega["marks"]
    assert spec["width"] == "container"
    assert spec["description"]
    assert "WARN" not in capfd.readouterr().err
