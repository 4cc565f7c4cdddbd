"""The demonstration's command: load the basin, play the story, then keep the analysers at real pace.

`riverchief demo` runs it beside the product, which the supervisor has started by then.
"""

from pathlib import Path

import click


@click.command()
@click.option("--once", is_flag=True, help="Stop after the story; exit code 0 only if it came out right.")
@click.option("--seed", type=int, default=2026, show_default=True, help="Which basin and which secret.")
@click.option(
    "--scale",
    type=click.Choice(["demo", "city"]),
    default="demo",
    show_default=True,
    help="A small basin, or the numbers of Chongqing.",
)
def demo(once: bool, seed: int, scale: str) -> None:
    """Play the story on a generated basin and keep it alive. Everything in it is synthetic."""
    # Not at the top: the command line shows its help before Django is set up.
    from django.conf import settings

    from riverchief.demo.direction import DemoRefused, Direction

    direction = Direction(home=Path(settings.HOME.path), seed=seed, scale=scale)
    try:
        passed = direction.perform()
    except DemoRefused as error:
        raise click.ClickException(str(error)) from error
    if once:
        raise SystemExit(0 if passed else 1)
    direction.keep_pace()
