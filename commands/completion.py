"""The command that lets a shell complete commands, options and names."""

import click
from click.shell_completion import get_completion_class

from commands.helps import command
from commands.options import common

SHELLS = ("bash", "zsh", "fish")


@command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
@common
def completion(ctx: click.Context, shell: str) -> None:
    """Print what lets your shell complete commands, options, coins, types, spaces, collections and questions.

    Put the line of your shell into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish. Names come from a file that each
    change writes, of coins the first 200; no server is needed.

    \b
    Example:
      eval "$(coingraph completion bash)"
      eval "$(coingraph completion zsh)"
      coingraph completion fish | source
    """
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "coingraph", "_COINGRAPH_COMPLETE").source())


COMMANDS = (completion,)
