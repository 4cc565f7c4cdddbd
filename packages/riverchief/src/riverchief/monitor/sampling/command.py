"""`riverchief sampling`: sampling by hand at the command line, each command in the name of a person."""

import functools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import (
    TypedTime,
    acting,
    at_option,
    clock_of,
    json_option,
    limit_option,
    of_the_place,
    offset_option,
    print_json,
    time_of_the_place,
)
from riverchief.monitor.sampling.laboratory_command import laboratory_commands

if TYPE_CHECKING:
    from riverchief.accounts.models import User

_month_option = click.option("--month", type=TypedTime(["%Y-%m"]), required=True, help="Such as 2026-12.")
_note_option = click.option("--note", default="", help="What else is to be known.")


@click.group("sampling")
def sampling_command() -> None:
    """Sampling by hand: plans, rounds, bottles and their custody, results under three-level review.

    Every command acts in the name of the person of --as, with that person's permissions, and says so in the log. Many
    results at once: `riverchief import FILE --kind bottle_results --as USER`.
    """


_command = functools.partial(acting, sampling_command)


@_command("plan")
@click.option("--name", required=True, help="In Chinese; one name once in an area.")
@click.option("--name-en", default="", help="In English.")
@click.option("--area", required=True, help="Code of the area whose points these are.")
@click.option("--parameter", "parameters", multiple=True, required=True, help="Key or name; once for each.")
@click.option("--station", "stations", multiple=True, help="Code of a point; once for each.")
@click.option(
    "--stations-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="A text file with a code a line.",
)
@click.option("--every-months", type=int, default=1, show_default=True, help="1, 2, 3, 6 or 12.")
@click.option("--team", "team_id", type=int, default=None, help="Id of the organisation that samples.")
@click.option("--revise", "plan_id", type=int, default=None, help="Number of a plan to write anew.")
@click.option("--stop", is_flag=True, help="The plan is no longer in use.")
def make_plan(
    user: "User",
    name: str,
    name_en: str,
    area: str,
    parameters: tuple[str, ...],
    stations: tuple[str, ...],
    stations_file: Path | None,
    every_months: int,
    team_id: int | None,
    plan_id: int | None,
    stop: bool,
) -> None:
    """Make a plan, or write one anew."""
    from riverchief.monitor.sampling.planning import MakePlan

    codes = list(stations)
    if stations_file is not None:
        codes += [line.strip() for line in stations_file.read_text("utf-8-sig").splitlines() if line.strip()]
    plan = MakePlan(
        actor=user,
        name_zh=name,
        name_en=name_en,
        area_code=area,
        parameters=parameters,
        station_codes=codes,
        every_months=every_months,
        team_id=team_id,
        active=not stop,
        plan_id=plan_id,
    ).run()
    click.echo(f"Plan {plan.pk}: {len(set(codes))} points, {len(plan.parameters)} parameters.")


@_command("plans")
@click.option("--area", default="", help="Code of an area: only plans below it.")
@limit_option
@offset_option
@json_option
def list_plans(user: "User", area: str, limit: int, offset: int, as_json: bool) -> None:
    """The plans, with the number that `generate` and --revise take."""
    from riverchief.monitor.sampling import queries

    rows = queries.plans(user, area=area)
    shown = [queries.shown_plan(row) for row in rows[offset : offset + limit]]
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("plan", "name", "area", "points", "parameters", "every", "last round", "in use")
    for row in shown:
        table.add_row(
            str(row["id"]),
            row["name_en"] or row["name_zh"],
            row["area_code"],
            str(row["points"]),
            " ".join(row["parameters"]),
            f"{row['every_months']} months",
            row["last_month"] or "-",
            "yes" if row["active"] else "no",
        )
    print_table(table)
    click.echo(f"{rows.count()} plans.")


@_command("generate")
@click.argument("plan_id", type=int)
@_month_option
def generate(user: "User", plan_id: int, month: datetime) -> None:
    """Make the round of a month; one that is there stays."""
    from riverchief.monitor.sampling.planning import GenerateRound

    made = GenerateRound(actor=user, plan_id=plan_id, month=month.date()).run()
    click.echo(f"Round {made.pk} of plan {plan_id}, {made.month:%Y-%m}: {made.visits.count()} points.")


@_command("rounds")
@click.option("--area", default="", help="Code of an area; only rounds below it.")
@limit_option
@offset_option
@json_option
def list_rounds(user: "User", area: str, limit: int, offset: int, as_json: bool) -> None:
    """The rounds, the latest month first, and how far each is."""
    from riverchief.monitor.sampling import queries

    rows = queries.rounds(user, area=area)
    shown = queries.shown_rounds(user, list(rows[offset : offset + limit]))
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table(
        "round", "month", "plan", "open", "sampled", "missed", "bottles analysed", "overdue", "issued"
    )
    for row in shown:
        bottles = row["bottles"]
        table.add_row(
            str(row["id"]),
            row["month"],
            row["name_zh"],
            *(str(row["visits"][state]) for state in ("open", "sampled", "missed")),
            f"{bottles['analysed']}/{sum(bottles.values())}",
            str(row["overdue"]),
            str(row["sheets"]["issued"]),
        )
    print_table(table)
    click.echo(f"{rows.count()} rounds.")


@_command("points")
@click.argument("round_id", type=int)
@click.option("--state", type=click.Choice(["open", "sampled", "missed"]), default=None, help="Only these.")
@limit_option
@offset_option
@json_option
def list_points(
    user: "User", round_id: int, state: str | None, limit: int, offset: int, as_json: bool
) -> None:
    """The points of a round: sampled when, or missed why."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.sampling import queries

    rows = queries.visits(user, queries.round_of(user, round_id), state=state or "")
    shown = [queries.shown_visit(row) for row in rows[offset : offset + limit]]
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("point", "state", "taken", "away m", "why missed", "note")
    for row in shown:
        table.add_row(
            row["station"]["code"],
            english("visit_states", row["state"]),
            clock_of(row["taken_at"]) if row["taken_at"] else "-",
            "-" if row["away_m"] is None else f"{row['away_m']:.0f}",
            english("missed_reasons", row["missed_reason"]) if row["missed_reason"] else "-",
            row["note"],
        )
    print_table(table)
    click.echo(f"{rows.count()} points; times are of Asia/Shanghai.")


@_command("bottles")
@click.argument("round_id", type=int)
@click.option("--step", default="", help="Only those at a step, such as taken.")
@click.option("--due", is_flag=True, help="Only those whose holding time runs out soon, or has.")
@limit_option
@offset_option
@json_option
def list_bottles(
    user: "User", round_id: int, step: str, due: bool, limit: int, offset: int, as_json: bool
) -> None:
    """The bottles of a round; the laboratory is told neither the point nor the role."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.sampling import queries

    made = queries.round_of(user, round_id)
    rows = queries.bottles(user, made, step=step, due=due)
    points = queries.may(user, made, *queries.SEES_POINTS)
    shown = [queries.shown_bottle(row, points=points) for row in rows[offset : offset + limit]]
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("label", "group", "parameters", "step", "due", "point", "role")
    for row in shown:
        table.add_row(
            row["label"],
            row["group"],
            " ".join(row["parameters"]),
            english("custody_steps", row["step"] or "empty"),
            clock_of(row["due_at"]) if row["due_at"] else "-",
            row["station"]["code"] if row["station"] else "-",
            english("bottle_roles", row["role"]) if row["role"] else "-",
        )
    print_table(table)
    click.echo(f"{rows.count()} bottles; times are of Asia/Shanghai.")


@_command("labels")
@click.argument("round_id", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def write_labels(user: "User", round_id: int, file: Path, language: str) -> None:
    """Write the printable labels of a round to FILE (.pdf)."""
    from riverchief.accounts.policies import require_any
    from riverchief.base import clock
    from riverchief.monitor.sampling import queries
    from riverchief.monitor.sampling.labels import labels_pdf

    made = queries.round_of(user, round_id)
    require_any(user, queries.SEES_POINTS, made.plan.area.path)
    file.write_bytes(labels_pdf(made, language=language, made_for=user.label, at=clock.now()))
    click.echo(f"{file}")


@_command("take")
@click.argument("round_id", type=int)
@click.argument("station")
@click.option("--lon", type=float, default=None)
@click.option("--lat", type=float, default=None)
@at_option
@_note_option
def take(
    user: "User",
    round_id: int,
    station: str,
    lon: float | None,
    lat: float | None,
    at: datetime | None,
    note: str,
) -> None:
    """The bottles of a point (code STATION) are filled."""
    from riverchief.monitor.sampling.fieldwork import TakeSamples

    visit_id = _visit(user, round_id, station)
    TakeSamples(
        actor=user, visit_id=visit_id, taken_at=time_of_the_place(at), lon=lon, lat=lat, note=note
    ).run()
    click.echo(f"{station}: taken.")


@_command("miss")
@click.argument("round_id", type=int)
@click.argument("station")
@click.option("--reason", required=True, help="dry, frozen, no_access, flood, works or other.")
@_note_option
def miss(user: "User", round_id: int, station: str, reason: str, note: str) -> None:
    """No water was taken at a point (code STATION)."""
    from riverchief.monitor.sampling.fieldwork import MissPoint

    MissPoint(actor=user, visit_id=_visit(user, round_id, station), reason=reason, note=note).run()
    click.echo(f"{station}: missed ({reason}).")


def _visit(user: "User", round_id: int, station: str) -> int:
    from riverchief.base.errors import NotFound
    from riverchief.monitor.sampling import queries

    row = queries.visits(user, queries.round_of(user, round_id)).filter(station__code=station).first()
    if row is None:
        raise NotFound(f"该轮次没有点位“{station}”。|The round has no point “{station}”.")
    return row.pk


@_command("move")
@click.argument("round_id", type=int)
@click.argument("step", type=click.Choice(["handed_over", "received", "lost"]))
@click.argument("labels", nargs=-1, required=True)
@click.option("--place", default="", help="Where.")
@at_option
@_note_option
def move(
    user: "User",
    round_id: int,
    step: str,
    labels: tuple[str, ...],
    place: str,
    at: datetime | None,
    note: str,
) -> None:
    """Bottles are handed over, received in the laboratory, or lost; all of them or none."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.sampling.custody import MoveBottles

    moment = of_the_place(at) if at else None
    count = MoveBottles(
        actor=user, round_id=round_id, step=step, labels=labels, at=moment, place=place, note=note
    ).run()
    click.echo(f"{count} bottles: {english('custody_steps', step)}.")


for each in laboratory_commands.commands.values():
    sampling_command.add_command(each)
