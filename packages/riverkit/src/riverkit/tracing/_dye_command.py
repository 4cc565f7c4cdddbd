"""`riverkit trace --dye-test`: a real tracer test, its injection hidden until the end."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from riverkit.errors import TracingError
from riverkit.tracing._progress import with_progress
from riverkit.tracing._shown import HOUR_S, interval_text, show_posterior, write_posterior
from riverkit.tracing.dye_test import SOURCE, DyeTest, open_upstream, prepare_search, search, zone_km
from riverkit.tracing.plot import plot_places
from riverkit.tracing.tables import Clock


def trace_dye(
    console: Console,
    test: DyeTest,
    every_km: float,
    upstream_km: float | None,
    n_settings: int,
    seed: int,
    plot_file: Path | None,
    json_file: Path | None,
) -> None:
    """Search the source of a tracer test, show what was found, and compare it with the known injection."""
    if n_settings < 2:
        raise TracingError("A dye test has unknown hydraulics: take some hundreds of --settings.")
    prepared = prepare_search(
        test, every_km=every_km, upstream_km=upstream_km, n_settings=n_settings, seed=seed
    )
    posterior = with_progress(console, "weighing places", lambda progress: search(prepared, progress))
    console.print(
        f"{test.river}, {test.event}: km are counted downstream from station {test.stations[0].name}."
    )
    show_posterior(console, posterior, Clock(None))
    low, high = zone_km(posterior, prepared.km)
    cut_off = open_upstream(posterior, prepared.km)
    searched_km = -min(prepared.km.values())
    if cut_off:
        console.print(
            f"The search ended {searched_km:g} km above the first station, where a release is still probable: the zone "
            f"is cut off there. Search further, for example --upstream-km {2 * searched_km:g}.",
            style="bold",
        )
    best = next(c for c in posterior.candidates if c.key in prepared.km)
    assert best.start_s is not None
    assert best.released_kg is not None
    truth = test.truth
    inside = low <= truth.km <= high
    ranked = [c.key for c in posterior.candidates if c.key in prepared.km]
    nearest = min(prepared.km, key=lambda key: abs(prepared.km[key] - truth.km))
    error_km = prepared.km[best.key] - truth.km
    comparison = Table(title="Against the known injection (used for nothing above)", title_justify="left")
    comparison.add_column("")
    comparison.add_column("found")
    comparison.add_column("true")
    comparison.add_row("place, most probable, km", f"{prepared.km[best.key]:+.1f}", f"{truth.km:+.1f}")
    comparison.add_row(
        "error of that place", f"{error_km:+.1f} km, {abs(error_km / truth.km):.0%} of the way", ""
    )
    comparison.add_row(
        "90 % zone, km",
        f"{low:+.1f}{' or further up' if cut_off else ''} … {high:+.1f}",
        "inside" if inside else "OUTSIDE",
    )
    comparison.add_row(f"rank of {nearest}", f"{ranked.index(nearest) + 1} of {len(ranked)}", "")
    at_truth = next(c for c in posterior.candidates if c.key == nearest)
    for label, candidate in (
        ("most probable place", best),
        (f"place nearest to the truth, {nearest}", at_truth),
    ):
        start = f"{candidate.start_s.median / HOUR_S:+.2f}" if candidate.start_s else "ruled out"
        comparison.add_row(f"start, {label}, h", start, f"{truth.start_h:+.2f}")
    comparison.add_row(
        "mass, kg, if none was lost on the way", interval_text(best.released_kg, 1.0), f"{truth.mass_kg:.2f}"
    )
    console.print(comparison)
    if plot_file:
        title = (
            f"{test.river}, {test.event}: suspected release {-high:.0f} to {-low:.0f} km{' or more' if cut_off else ''} "
            f"above {test.stations[0].name} (90 %),\nmost probable at {-prepared.km[best.key]:.0f} km; the true place "
            f"lies {'inside' if inside else 'outside'}"
        )
        plot_places(posterior, prepared.km, plot_file, title=title, zone_km=(low, high), cut_off=cut_off,
                    truth_km=truth.km, source=SOURCE)  # fmt: skip
        console.print(f"chart: {plot_file}")
    write_posterior(console, posterior, json_file)
