"""Errors an official can act on: what is wrong, where, what was expected."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `where` names a cell, a row or a field in the official's words.

    `key` names the same for a program, e.g. the code of the indicator, where there is one.
    """

    message: str
    where: str = ""
    code: str = "invalid"
    key: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class DomainError(Exception):
    """A refusal that changed nothing. Holds every problem found, in reading order."""

    def __init__(self, problems: str | Promise | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str | Promise):
            problems = Problem(str(problems))
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: list[Problem] = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class VersionConflict(DomainError):  # noqa: N818  # named for what happened
    """Somebody else changed the figure since it was read; both values are in the problems."""
