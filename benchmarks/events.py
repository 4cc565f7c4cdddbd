"""Event detection on labelled stations: ours and two peers in the same run, false alarms, alarms of a shift.

Run as ``python -m benchmarks.events [--data DIR] [--train DIR]``. One setting serves all series. On the data the shipped
setting was chosen on, the headline is blocked cross-validation: chosen on all blocks of time but one, scored on that
one. On other data the shipped setting is scored as it is. With --train the labels in that folder choose one setting for
the plant and one for rivers; if it is the data's own folder, those of one half choose for the other.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from riverkit.detection import Settings, detect, point_f1

from benchmarks._data import add_data_option
from benchmarks._event_choice import CANDIDATES, Data, Found, Series, choose, find, held_out
from benchmarks._event_series import (
    PEERS,
    EventScore,
    Station,
    fingerprint,
    labelled_series,
    peer,
    read,
    runs,
)
from benchmarks._peers import environment
from benchmarks._report import report

_CHOSEN_ON = "cc4d425e2ca0"
"""Fingerprint of the plants by whose labels, with those of the seven series, the shipped setting was chosen."""
_BLOCKS = 5
_STATIONS, _SHIFT_WEEKS = 60, 8 / 168

Part = tuple[list[tuple[str, str]], dict[str, object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_data_option(parser)
    parser.add_argument("--train", type=Path, help="folder of labelled data by which settings are chosen")
    arguments = parser.parse_args()
    for folder in (arguments.data, arguments.train or arguments.data):
        if not folder.is_dir():
            parser.error(f"no folder {folder}; give the folder of real data with --data or RIVERCHIEF_DATA")
    python = environment("saqc", PEERS)
    data, stations = _read(arguments.data, python)
    if not data.plants or not data.known():
        parser.error(f"{arguments.data} has no gecco*.parquet or no labelled river series")
    shipped = find(data, [Settings()])[0][1]
    headline, how = _headline(data, shipped, arguments.data, arguments.train, python)
    rows = [
        ("the headline figures are of", how),
        ("shipped setting", _words(Settings())),
        ("GECCO point F1", f"{headline.gecco(data):.3f}; shipped setting {shipped.gecco(data):.3f}"),
        (
            "river series, mean event F1",
            f"{headline.rivers(data):.3f}; shipped setting {shipped.rivers(data):.3f}",
        ),
    ]
    figures: dict[str, object] = {
        "gecco_point_f1": headline.gecco(data),
        "rivers_event_f1": headline.rivers(data),
        "headline": how,
        "gecco_point_f1_shipped": shipped.gecco(data),
        "rivers_event_f1_shipped": shipped.rivers(data),
    }
    for more_rows, more_figures in (
        _gecco_runs(headline, data),
        _rivers(headline, data, python),
        _rolling_peer(data, python),
        _alarms(stations),
    ):
        rows += more_rows
        figures |= more_figures
    report("Events at labelled stations", rows, figures)


def _read(folder: Path, python: Path) -> tuple[Data, list[Station]]:
    plants, stations = read(folder, python)
    return Data(plants, [Series(*each) for each in labelled_series(stations)]), stations


def _headline(
    data: Data, shipped: Found, folder: Path, train: Path | None, python: Path
) -> tuple[Found, str]:
    if train is not None and train.resolve() != folder.resolve():
        lessons, _ = _read(train, python)
        for_plants, for_rivers = choose(find(lessons, CANDIDATES), lessons, apart=True)
        plants, rivers = (find(data, [CANDIDATES[place]])[0][1] for place in (for_plants, for_rivers))
        print(
            f"plant: {_words(CANDIDATES[for_plants])}\nrivers: {_words(CANDIDATES[for_rivers])}", flush=True
        )
        return Found(plants.plants, rivers.series), "settings chosen by the labels of --train"
    if train is None and fingerprint(data.plants) != _CHOSEN_ON:
        return shipped, "the shipped setting"
    tried = find(data, CANDIDATES)
    blocks = _BLOCKS if train is None else 2
    found, chosen = held_out(tried, data, blocks, apart=train is not None)
    best, _ = choose(tried, data, apart=False)
    print(f"best in sample: {_words(CANDIDATES[best])}")
    for settings in chosen:
        print(f"chosen without a block: {_words(settings)}", flush=True)
    return found, f"cross-validation over {blocks} blocks of time"


def _words(settings: Settings) -> str:
    return (
        f"{settings.threshold:g} times what {settings.usual_share:.0%} stay below, level of "
        f"{settings.level_hours:g} h, confirmed after {settings.confirm_minutes:g} min"
    )


def _gecco_runs(found: Found, data: Data) -> Part:
    events = hit = false_runs = 0
    weeks = 0.0
    for mask, plant in zip(found.plants, data.plants, strict=True):
        labelled = runs(plant.is_event)
        events += len(labelled)
        hit += sum(bool(mask[first:after].any()) for first, after in labelled)
        false_runs += sum(not plant.is_event[first:after].any() for first, after in runs(mask))
        weeks += float(plant.time_s[-1] - plant.time_s[0]) / (7 * 86400)
    rows = [
        ("GECCO events hit, false runs", f"{hit} of {events}, {false_runs} ({false_runs / weeks:.2f} a week)")
    ]
    return rows, {"gecco_events": events, "gecco_events_hit": hit, "gecco_false_runs": false_runs}


def _rivers(found: Found, data: Data, python: Path) -> Part:
    """Every labelled series beside saqc, and what a plain rule on missing values adds to both."""
    rows, per_series = [], {}
    for mask, each in zip(found.series, data.series, strict=True):
        values = {each.parameter: each.station.values[each.parameter]}
        flags = peer("saqc", python, each.station.time_s, values).astype(bool)
        empty = each.station.without_value(each.parameter)
        ours, theirs = EventScore.of(mask, each.label), EventScore.of(flags, each.label)
        per_series[each.name] = {
            "event_f1": ours.f1,
            "point_f1": point_f1(mask, each.label),
            "labelled": ours.labelled,
            "labelled_hit": ours.labelled_hit,
            "false_alarms_per_week": (ours.alarms - ours.alarms_right) / each.station.weeks,
            "with_missing_rule": EventScore.of(mask | empty, each.label).f1,
            "saqc_event_f1": theirs.f1,
            "saqc_with_missing_rule": EventScore.of(flags | empty, each.label).f1,
        }
        rows.append(
            (
                f"  {each.name}",
                f"{ours.f1:.2f}, saqc {theirs.f1:.2f}; {ours.labelled_hit} of {ours.labelled} hit, "
                f"{(ours.alarms - ours.alarms_right) / each.station.weeks:.2f} false a week",
            )
        )
    names = [data.series[place].name for place in data.known()]
    others = [name for name in per_series if name not in names]
    figures: dict[str, object] = {"per_series": per_series}

    def mean(key: str, of: Sequence[str]) -> float:
        return float(np.mean([per_series[name][key] for name in of]))

    figures["rivers_event_f1_with_missing_rule"] = mean("with_missing_rule", names)
    figures["saqc_rivers_event_f1"] = mean("saqc_event_f1", names)
    figures["saqc_with_missing_rule"] = mean("saqc_with_missing_rule", names)
    summary = [
        ("the same, saqc flagUniLOF", f"{mean('saqc_event_f1', names):.3f}"),
        (
            "both with the rule on missing values",
            f"{mean('with_missing_rule', names):.3f}, saqc {mean('saqc_with_missing_rule', names):.3f}",
        ),
    ]
    if others:
        figures["other_series_event_f1"] = mean("event_f1", others)
        figures["saqc_other_series_event_f1"] = mean("saqc_event_f1", others)
        summary.append(
            (
                f"{len(others)} other labelled series",
                f"{mean('event_f1', others):.3f}, saqc {mean('saqc_event_f1', others):.3f}",
            )
        )
    return summary + rows, figures


def _rolling_peer(data: Data, python: Path) -> Part:
    """The residual to a rolling median, its threshold the best on the very data it is scored on."""
    score = np.concatenate([peer("rolling", python, plant.time_s, plant.values) for plant in data.plants])
    label = np.concatenate([plant.is_event for plant in data.plants])
    order = np.argsort(-score)
    f1 = 2 * np.cumsum(label[order]) / (np.arange(1, len(order) + 1) + label.sum())
    best = float(f1.max())
    return [("GECCO, rolling residual, threshold best in sample", f"{best:.3f}")], {
        "rolling_gecco_point_f1": best
    }


def _alarms(stations: Sequence[Station]) -> Part:
    """Events of whole stations that touch no label: what a duty desk would hear for nothing."""
    rows, rates, labelled, every = [], [], [], []
    for station in stations:
        found = detect(station.time_s, station.values)
        known = np.zeros(len(station.time_s), dtype=bool)
        for label in station.labels.values():
            known |= label
        false = 0
        for event in found.events:
            within = (station.time_s >= event.first_s) & (station.time_s <= event.last_s)
            false += not known[within].any()
        rates.append(false / station.weeks)
        if known.any():
            labelled.append(rates[-1])
        every.append(len(found.events) / station.weeks)
        rows.append((f"  {station.name}", f"{rates[-1]:.2f} a week, {len(station.values)} parameters"))
    shift, with_labelled = (float(np.mean(each)) * _STATIONS * _SHIFT_WEEKS for each in (rates, every))
    summary = [
        ("false alarms a week, mean of the labelled stations", f"{np.mean(labelled):.2f}"),
        (f"alarms in 8 hours from {_STATIONS} such stations, mean of all below", f"{shift:.2f}"),
        ("  the same, events that touch a label counted too", f"{with_labelled:.2f}"),
    ]
    return summary + rows, {
        "false_alarms_per_station_week": float(np.mean(labelled)),
        "alarms_per_shift_60_stations": shift,
        "alarms_per_shift_with_labelled": with_labelled,
    }


if __name__ == "__main__":
    main()
