"""What the command line's library says by itself, in the user's language: headings of the help, and wrong usage.

The library asks gettext for some of its words, and has others in English alone: older versions have fewer of those.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

import typer

from corral.language import language, mark, shown, tr

_HELP: Final = frozenset(
    (
        mark("Show this message and exit."),
        mark("Install completion for the current shell."),
        mark("Show completion for the current shell, to copy it or customize the installation."),
    )
)
_SENTENCE: Final = re.compile(r"[^。\n]+。?")

UsageError: Final[Any] = typer.BadParameter.__mro__[1]
"""The library's own, which newer versions have under a private name."""
_SAID: Final = (
    (re.compile(r"No such option: (\S+)"), mark("there is no option {0}")),
    (
        re.compile(r"No such option: (\S+) \(Possible options: (.+)\)"),
        mark("there is no option {0}; did you mean {1}?"),
    ),
    (re.compile(r"Option (\S+) requires an argument\."), mark("the option {0} needs a value")),
    (re.compile(r"Option (\S+) does not take a value\."), mark("the option {0} takes no value")),
    (re.compile(r"Missing \w+ ('[^']*')\..*", re.DOTALL), mark("{0} is missing")),
    (re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)"), mark("more than is asked for: {0}")),
    (
        re.compile(r"Invalid value for (.+?): (?:Value error, )?('.*') is not one of (.+)\."),
        mark("{0} can't be {1}: it is one of {2}"),
    ),
    (
        re.compile(r"Invalid value for (.+?): Input should be greater than or equal to (\S+)"),
        mark("{0} must be at least {1}"),
    ),
    (re.compile(r"Invalid value for (.+?): (.*)", re.DOTALL), mark("the value of {0} is wrong: {1}")),
)
"""Its English sentences, and how they are told in another language."""


def translated(command: Any) -> Any:
    """`command`, and those below it, with the library's words in the user's language."""
    if language() != "en":
        command.help = shown(command.help or "")
        command.short_help = "".join(_SENTENCE.findall(command.help)[:1])
        command.format_usage = partial(_usage, command)
        command.get_help_option = partial(_help_option, command.get_help_option)
        for parameter in command.params:
            _translate(parameter)
        for below in getattr(command, "commands", {}).values():
            translated(below)
    return command


def _usage(command: Any, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), tr("Usage: "))


def _help_option(made: Any, ctx: Any) -> Any:
    option = made(ctx)
    if option is not None:
        _translate(option)
    return option


def _translate(parameter: Any) -> None:
    text = " ".join((getattr(parameter, "help", None) or "").split())
    if text in _HELP:
        parameter.help = shown(text)


def print_usage_error(error: Any) -> None:
    """As the library prints it, but in the user's language."""
    if language() == "en" or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    if error.ctx is not None:
        command, option = error.ctx.command_path, error.ctx.help_option_names[0]
        typer.echo(error.ctx.get_usage(), err=True)
        typer.echo(tr("Try '{command} {option}' for help.", command=command, option=option) + "\n", err=True)
    typer.echo(tr("Error: {message}", message=_told(error.format_message())), err=True)


def _told(message: str) -> str:
    """What is not known here stays as it is."""
    for pattern, text in _SAID:
        if found := pattern.fullmatch(message):
            return shown(text).format(*found.groups())
    return message
