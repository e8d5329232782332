"""The agencies that plans name, and what each of them answers for."""

from __future__ import annotations

from dataclasses import dataclass

from indicators.models import Theme
from plans.models import Plan, Responsibility, Target
from plans.querysets import LEAD


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency of one plan. `themes`: what it is named for; `promises`: how many targets."""

    code: str
    name: str
    plan: Plan
    themes: tuple[str, ...]
    promises: int


def agencies() -> list[Agency]:
    """Return every agency that leads or answers for something, in the order the plans name them.

    Four queries, whatever the number of agencies. Source: plans.yaml, responsibilities.
    """
    named = Responsibility.objects.select_related("plan").order_by("plan__order", "order")
    names = _theme_names()
    counts = Target.objects.promises().by_agency()
    found: dict[tuple[int, str], list[Responsibility]] = {}
    for row in named:
        key = (row.plan_id, row.agency_code)
        if row.role == LEAD or key in counts:
            found.setdefault(key, []).append(row)
    return [
        Agency(
            code=code,
            name=rows[0].agency,
            plan=rows[0].plan,
            themes=tuple(
                dict.fromkeys(names.get(theme, theme) for row in rows for theme in row.themes)
            ),
            promises=len(counts.get((plan_id, code), ())),
        )
        for (plan_id, code), rows in found.items()
    ]


def _theme_names() -> dict[str, str]:
    """Themes as documents call them, under the name of the section that covers them.

    A theme of the form's own name keeps it; the others take the first section that covers them.
    """
    found: dict[str, str] = {}
    for theme in Theme.objects.order_by("order"):
        for covered in theme.covers:
            found.setdefault(covered, theme.name)
    return found | {row.code: row.name for row in Theme.objects.all()}
