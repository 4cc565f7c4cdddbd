"""The command ``riverkit``. Subcommands live beside what they run and are imported only when called."""

from importlib import import_module

import click

from riverkit.errors import RiverkitError

_EXIT_BAD_INPUT = 2


class LazyGroup(click.Group):
    """A group whose subcommands are named as "module:attribute" with a line of help, and imported when called."""

    def __init__(self, *args: object, commands_at: dict[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._commands_at:
            return None
        module, _, attribute = self._commands_at[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._commands_at[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """A RiverkitError ends the program with its message, which names place and cure, and no traceback."""
        try:
            return super().invoke(ctx)
        except RiverkitError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(_EXIT_BAD_INPUT)


main = LazyGroup(
    name="riverkit",
    help="The science of finding who pollutes a river.",
    commands_at={
        "assess": ("riverkit.quality._command:command", "Classify readings by GB 3838-2002."),
        "detect": (
            "riverkit.detection._command:command",
            "Find doubtful readings and events of a station.",
        ),
        "hj212": ("riverkit.protocols.hj212._command:group", "Look into HJ 212 packets."),
        "loads": ("riverkit.loads._command:command", "Tell which part of a river adds how much."),
        "locate": (
            "riverkit.blind._command:command",
            "Find how far upstream a cloud began, without candidates.",
        ),
        "network": ("riverkit.network._command:network", "Look at river networks."),
        "place": ("riverkit.placement._command:command", "Choose places for stations."),
        "sample-next": (
            "riverkit.tracing._sampling_command:command",
            "Tell where and when the next samples tell most.",
        ),
        "sl651": ("riverkit.protocols.sl651._command:group", "Look into SL 651 packets."),
        "trace": ("riverkit.tracing._command:trace", "Find where a release began."),
    },
)
main = click.version_option(package_name="riverkit")(main)

if __name__ == "__main__":
    main()
