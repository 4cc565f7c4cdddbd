"""People at the command line: `riverchief create-user` makes them, other commands act in their names."""

from typing import TYPE_CHECKING

import click

from riverchief.accounts.roles import Role

if TYPE_CHECKING:
    from riverchief.accounts.models import Area, User

NOBODY_YET = (
    "Nobody can sign in yet. Import your areas: riverchief import AREAS.csv --kind areas; "
    "then make the first administrator: riverchief create-user NAME"
)
"""What is said where there is no user at all."""


def user_named(username: str) -> "User":
    """The active person of a user name."""
    from riverchief.accounts.models import User

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise click.ClickException(f"There is no active user “{username}”. See `riverchief create-user`.")
    return found


@click.command("create-user")
@click.argument("username")
@click.option("--name", "name_zh", default="", help="Name of the person; the user name stands in for it.")
@click.option("--name-en", default="", help="The name in English, where it differs.")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default="administrator", show_default=True
)
@click.option("--area", "area_code", default="", help="Code of the area; without it, the one at the top.")
@click.option(
    "--organisation", "organisation_name", default="", help="Name of the organisation in that area."
)
@click.option("--generate", is_flag=True, help="Make a random password and print it once.")
def create_user_command(
    username: str,
    name_zh: str,
    name_en: str,
    role: str,
    area_code: str,
    organisation_name: str,
    generate: bool,
) -> None:
    """Add a person who can sign in; the password is asked for twice, or generated and printed once."""
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.accounts.actions import CreateUser
    from riverchief.accounts.passwords import new_password
    from riverchief.base.actions import SYSTEM
    from riverchief.base.errors import RiverchiefError

    area = _area(area_code)
    organisation = area.organisations.filter(name_zh=organisation_name).first() if organisation_name else None
    if organisation_name and organisation is None:
        raise click.ClickException(
            f"{area.name_en} has no organisation “{organisation_name}”. Import it first (--kind organisations)."
        )
    password = (
        new_password()
        if generate
        else click.prompt(f"Password of {username}", hide_input=True, confirmation_prompt="Once more")
    )
    try:
        CreateUser(
            actor=SYSTEM,
            username=username,
            password=password,
            generated=generate,
            name_zh=name_zh or username,
            name_en=name_en or name_zh or username,
            role=Role(role),
            area=area,
            organisation=organisation,
        ).run()
    except RiverchiefError as error:
        told = error.as_json("en")
        raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error
    click.echo(f"{username} can sign in as {role} of {area.name_zh} ({area.code}).")
    if generate:
        click.echo(f"Password, shown this once: {password}")


@click.command("reset-second-factor")
@click.argument("username")
def reset_second_factor_command(username: str) -> None:
    """Take off the second factor of a person who has lost it and whom no administrator can help."""
    from riverchief.accounts.second_factor.actions import ResetSecondFactor
    from riverchief.base.actions import SYSTEM
    from riverchief.base.errors import RiverchiefError

    try:
        ResetSecondFactor(actor=SYSTEM, user_id=user_named(username).pk).run()
    except RiverchiefError as error:
        told = error.as_json("en")
        raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error
    click.echo(f"{username} has no second factor any more and is signed out.")


def _area(code: str) -> "Area":
    from riverchief.accounts.models import Area

    if code:
        area = Area.objects.filter(pk=code).first()
        if area is None:
            raise click.ClickException(
                f"There is no area with the code “{code}”. Import it first (--kind areas)."
            )
        return area
    tops = list(Area.objects.filter(parent=None))
    if not tops:
        raise click.ClickException(
            "There is no area yet. Import yours first: riverchief import AREAS.csv --kind areas"
        )
    if len(tops) > 1:
        codes = ", ".join(top.code for top in tops)
        raise click.ClickException(f"There are several areas at the top: choose one with --area ({codes}).")
    return tops[0]
