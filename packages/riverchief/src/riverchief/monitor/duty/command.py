"""`riverchief duty`: the duty desk at the command line, each command in the name of a person."""

import functools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from riverchief.accounts.command import user_named
from riverchief.base.tables import print_table
from riverchief.monitor.acting import TypedTime, acting, clock_of, json_option, of_the_place, print_json

if TYPE_CHECKING:
    from riverchief.accounts.models import User

Shown = dict[str, Any]

MOMENT = TypedTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])
"""Times of the place, Asia/Shanghai."""

area_option = click.option(
    "--area", default="", help="Code of the area; without it, the widest of the person's own."
)
start_option = click.option(
    "--start", required=True, type=MOMENT, help="Time of the place: 2026-12-01 08:00."
)
end_option = click.option("--end", required=True, type=MOMENT, help="Likewise.")
person_option = click.option("--person", required=True, help="User name of who is on duty.")
deputy_option = click.option("--deputy", default="", help="User name of whom unanswered alarms go to.")
leader_option = click.option("--leader", default="", help="User name of whom they go to after that.")


@click.group("duty")
def duty_command() -> None:
    """The duty desk: who is on duty, what is open, what was handed over.

    Every command acts in the name of the person of --as, with that person's permissions, and says so in the log.
    """


_command = functools.partial(acting, duty_command)


@_command("desk")
@area_option
@json_option
def show_desk(user: "User", area: str, as_json: bool) -> None:
    """Who is on duty now, and the alarms that are open."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.duty import queries

    desk = queries.desk(user, area)
    if as_json:
        return print_json(desk)
    for shift in desk["shifts"]:
        click.echo(f"{desk['area']['name_en']}: {_crew(shift)}, until {clock_of(shift['ends_at'])}")
    if not desk["shifts"]:
        click.echo(f"{desk['area']['name_en']}: nobody is on duty; an alarm goes to the whole office")
    table = Table("alarm", "what", "state", "raised", "next")
    for alarm in desk["alarms"]:
        following = alarm["next_step"]
        then = (
            f"{english('alarm_steps', following['to'])} at {clock_of(following['at'])}" if following else ""
        )
        if alarm["mute"]:
            then = f"muted until {clock_of(alarm['mute']['until'])}"
        table.add_row(
            str(alarm["id"]),
            alarm["subject_en"],
            english("alarm_states", alarm["state"]),
            clock_of(alarm["raised_at"]),
            then,
        )
    print_table(table)
    for entry in desk["unsigned"]:
        click.echo(
            f"hand-over {entry['id']} waits to be signed: {entry['written_by']['name_en']}: {entry['note']}"
        )


@_command("alarm")
@click.argument("alarm_id", type=int)
@json_option
def show_alarm(user: "User", alarm_id: int, as_json: bool) -> None:
    """One alarm: why, what it may be, whom it has reached."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.duty import queries

    alarm = queries.alarm(user, alarm_id)
    if as_json:
        return print_json(alarm)
    click.echo(f"{alarm['subject_en']} ({english('alarm_states', alarm['state'])})")
    for line in (alarm["first_step"], *alarm["why"], *alarm["context"]):
        click.echo(f"  {line['en']}")
    for step in alarm["steps"]:
        names = ", ".join(map(_told, step["people"])) or "nobody"
        click.echo(f"  {clock_of(step['at'])} {english('alarm_steps', step['to'])}: {names}")


@_command("acknowledge")
@click.argument("alarm_id", type=int)
@click.option("--note", default="")
def acknowledge(user: "User", alarm_id: int, note: str) -> None:
    """Take an alarm on: it goes no further."""
    from riverchief.monitor.actions import AcknowledgeAlarm

    AcknowledgeAlarm(actor=user, alarm_id=alarm_id, note=note).run()
    click.echo(f"Alarm {alarm_id} is acknowledged by {user.name_en}.")


@_command("mute")
@click.argument("alarm_id", type=int)
@click.option("--until", required=True, type=MOMENT, help="Time of the place.")
@click.option("--reason", required=True)
def mute(user: "User", alarm_id: int, until: datetime, reason: str) -> None:
    """Keep an alarm from going further until a time."""
    from riverchief.monitor.actions import MuteAlarm

    MuteAlarm(actor=user, alarm_id=alarm_id, until=of_the_place(until), reason=reason).run()
    click.echo(f"Alarm {alarm_id} is muted until {until:%Y-%m-%d %H:%M}.")


@_command("unmute")
@click.argument("alarm_id", type=int)
def unmute(user: "User", alarm_id: int) -> None:
    """End a mute before its time."""
    from riverchief.monitor.actions import EndMute

    EndMute(actor=user, alarm_id=alarm_id).run()
    click.echo(f"Alarm {alarm_id} rings again.")


@_command("close")
@click.argument("alarm_id", type=int)
@click.option("--note", required=True)
def close(user: "User", alarm_id: int, note: str) -> None:
    """It has been dealt with: the events of an alarm end, and it is resolved."""
    from riverchief.monitor.actions import CloseEvent
    from riverchief.monitor.duty import queries

    CloseEvent(actor=user, event_id=queries.alarm(user, alarm_id)["event_id"], note=note).run()
    click.echo(f"Alarm {alarm_id} is resolved.")


@_command("roster")
@area_option
@click.option("--start", type=MOMENT, default=None, help="Time of the place; without it, now.")
@click.option("--days", type=click.IntRange(1, 93), default=31, show_default=True)
@json_option
def show_roster(user: "User", area: str, start: datetime | None, days: int, as_json: bool) -> None:
    """The shifts to come, with gaps and overlaps."""
    from datetime import timedelta

    from riverchief.base import clock
    from riverchief.monitor.duty import queries

    begin = of_the_place(start) if start else clock.now()
    roster = queries.roster(user, area, begin, begin + timedelta(days=days))
    if as_json:
        return print_json(roster)
    table = Table("shift", "from", "to", "on duty")
    for shift in roster["shifts"]:
        table.add_row(
            str(shift["id"]), clock_of(shift["starts_at"]), clock_of(shift["ends_at"]), _crew(shift)
        )
    print_table(table)
    for name in ("gaps", "overlaps"):
        for span in roster[name]:
            click.echo(f"{name[:-1]}: {clock_of(span['start'])} to {clock_of(span['end'])}")


@_command("plan")
@click.option("--area", required=True, help="Code of the area.")
@start_option
@end_option
@person_option
@deputy_option
@leader_option
def plan(user: "User", area: str, start: datetime, end: datetime, **names: str) -> None:
    """Put a shift into the roster."""
    from riverchief.monitor.actions import PlanShift

    shift = PlanShift(actor=user, area_code=area, **_shift(start, end, names)).run()
    click.echo(f"Shift {shift.pk} is planned.")


@_command("change")
@click.argument("shift_id", type=int)
@start_option
@end_option
@person_option
@deputy_option
@leader_option
def change(user: "User", shift_id: int, start: datetime, end: datetime, **names: str) -> None:
    """Change a shift that is not over."""
    from riverchief.monitor.actions import ChangeShift

    ChangeShift(actor=user, shift_id=shift_id, **_shift(start, end, names)).run()
    click.echo(f"Shift {shift_id} is changed.")


@_command("remove")
@click.argument("shift_id", type=int)
def remove(user: "User", shift_id: int) -> None:
    """Take a shift that has not begun out of the roster."""
    from riverchief.monitor.actions import RemoveShift

    RemoveShift(actor=user, shift_id=shift_id).run()
    click.echo(f"Shift {shift_id} is removed.")


@_command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--area", required=True, help="Code of the area.")
@click.option("--dry-run", is_flag=True, help="Do it all, tell the outcome, change nothing.")
def import_roster(user: "User", file: Path, area: str, dry_run: bool) -> None:
    """Shifts from FILE (CSV with starts_at, ends_at, person, deputy, leader, or these headers in Chinese).

    Good rows are kept; bad ones are listed with the cure, and make the exit code 1.
    """
    from riverchief.monitor.actions import ImportRoster

    outcome = ImportRoster(actor=user, area_code=area, path=file, dry_run=dry_run).run().as_json("en")
    for error in outcome["errors"]:
        click.echo(f"row {error['row']}: {error['message']} {error['cure']}", err=True)
    click.echo(
        f"{outcome['rows']} rows: {outcome['created']} shifts added, {outcome['updated']} changed, "
        f"{outcome['unchanged']} as before, {len(outcome['errors'])} problems"
        + (" (dry run: nothing was changed)" if dry_run else "")
    )
    if outcome["errors"]:
        raise SystemExit(1)


@_command("hand-over")
@area_option
@click.option("--note", required=True, help="What the next shift must know.")
def hand_over(user: "User", area: str, note: str) -> None:
    """Hand over; what is open is listed by itself."""
    from riverchief.monitor.actions import WriteHandOver
    from riverchief.monitor.duty import queries

    code = queries.desk_area(user, area).pk
    entry = WriteHandOver(actor=user, area_code=code, note=note).run()
    click.echo(f"Hand-over {entry.pk} is written, with {len(entry.open_items)} open alarms.")


@_command("sign")
@click.argument("hand_over_id", type=int)
@click.option("--remark", default="")
def sign(user: "User", hand_over_id: int, remark: str) -> None:
    """Take over: sign what somebody else has handed over."""
    from riverchief.monitor.actions import SignHandOver

    SignHandOver(actor=user, hand_over_id=hand_over_id, remark=remark).run()
    click.echo(f"Hand-over {hand_over_id} is signed by {user.name_en}.")


@_command("log")
@area_option
@click.option("--last", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
def show_log(user: "User", area: str, last: int, as_json: bool) -> None:
    """The hand-over log, the newest first."""
    from riverchief.monitor.duty import queries

    entries = [queries.shown_hand_over(row) for row in queries.hand_overs(user, area)[:last]]
    if as_json:
        return print_json(entries)
    for entry in entries:
        signed = entry["signed_by"]["name_en"] if entry["signed_by"] else "not signed"
        click.echo(
            f"{entry['id']}  {clock_of(entry['written_at'])}  {entry['written_by']['name_en']} → {signed}  "
            f"{len(entry['open_items'])} open  {entry['note']}"
        )


def _told(person: Shown) -> str:
    from riverchief.monitor.codes import english

    return f"{person['name_en']}{' (' + english('alarm_texts', person['text']).lower() + ')' if person['text'] else ''}"


def _shift(start: datetime, end: datetime, names: dict[str, str]) -> Shown:
    """What is given of a shift, as its actions take it."""
    people = {f"{place}_id": user_named(name).pk if name else None for place, name in names.items()}
    return {"starts_at": of_the_place(start), "ends_at": of_the_place(end), **people}


def _crew(shift: Shown) -> str:
    places = ("person", "deputy", "leader")
    return " → ".join(shift[place]["name_en"] if shift[place] else "nobody" for place in places)
