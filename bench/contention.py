"""Sixteen submitters at once against one, and against saving alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench import returns
from bench.returns import Return, Save
from bench.table import Goal, Section, ratios, seconds
from bench.timing import interleaved, tell
from bench.writers import Run, write
from communes.models import Unit
from indicators.models import Recompute
from indicators.rollups import drain

MANY = 16
PROVINCE = "one province"


@dataclass(frozen=True)
class Kind:
    """A way of submitting."""

    writers: int
    save: Save
    drains: bool


KINDS = {
    "alone": Kind(1, returns.update_and_mark, drains=True),
    "queued": Kind(MANY, returns.update_and_mark, drains=True),
    "saved": Kind(MANY, returns.update, drains=False),
    "recorded": Kind(MANY, returns.record, drains=True),
}


def scopes() -> dict[str, list[Return]]:
    """The communes of the largest district, of one province, and some of the whole country."""
    units = returns.units()
    by_district: dict[int, list[Unit]] = {}
    for unit in units:
        by_district.setdefault(unit.parent_id or 0, []).append(unit)
    largest = max(by_district.values(), key=len)
    province = Unit.objects.get(pk=largest[0].parent.parent_id)
    inside = set(Unit.objects.below(province).values_list("pk", flat=True))
    picked = {
        "one district": largest,
        PROVINCE: [unit for unit in units if unit.pk in inside],
        "the nation": random.Random(2).sample(units, min(320, len(units))),
    }
    return {name: [Return.of(unit) for unit in found] for name, found in picked.items()}


def measure(rounds: int) -> Section:
    section = Section(f"{MANY} submitters at once, one worker draining beside them")
    for scope, communes in scopes().items():
        tell(f"{MANY} người gửi cùng lúc: {scope} …")
        kinds = {
            name: partial(_run, kind, communes)
            for name, kind in KINDS.items()
            if name != "recorded" or scope == PROVINCE
        }
        _lines(section, scope, interleaved(kinds, rounds))
    section.notes = [
        (
            "A submission rewrites one commune's figures, with its mark, in one transaction; "
            "`import_results` adds checks and history. Rates are accepted submissions a second, "
            "the worker draining on the same cores; “empty after” is how long the queue took once "
            "the writers had stopped."
        ),
    ]
    return section


def _run(kind: Kind, communes: list[Return]) -> Run:
    drain()
    done = write(communes, kind.writers, kind.save, drains=kind.drains)
    _bring_up_to_date(communes, kind)
    return done


def _bring_up_to_date(communes: list[Return], kind: Kind) -> None:
    """What was saved without a mark is added up before the next run."""
    if not kind.drains:
        Recompute.objects.bulk_create(
            Recompute(unit=one.unit, period=returns.PERIOD.code) for one in communes
        )
    drain()


def _lines(section: Section, scope: str, runs: dict[str, list[Run]]) -> None:
    queued = runs["queued"]
    rates = {name: [run.rate for run in found] for name, found in runs.items()}
    section.add(
        f"{scope}: {MANY} with the queue / saving alone",
        ratios(rates["queued"], rates["saved"]),
        f"{_rate(rates['queued'])} / {_rate(rates['saved'])}; {_waits(queued)}",
        Goal(0.5, 0.75, at_least=True),
    )
    section.add(
        f"{scope}: {MANY} submitters / one",
        ratios(rates["queued"], rates["alone"]),
        f"{_rate(rates['queued'])} / {_rate(rates['alone'])}; one: {_waits(runs['alone'])}",
    )
    section.add(
        f"{scope}: units recomputed / submissions",
        [run.recomputed / len(run.latencies) for run in queued],
        f"empty after {seconds([run.drained_after for run in queued])}",
        Goal(0.15, 0.05) if scope == PROVINCE else None,
    )
    if "recorded" in rates:
        section.add(
            f"{scope}: {MANY} through `import_results` / the plain rewrite",
            ratios(rates["recorded"], rates["queued"]),
            f"{_rate(rates['recorded'])} / {_rate(rates['queued'])}; {_waits(runs['recorded'])}",
        )


def _rate(values: list[float]) -> str:
    middle = sorted(values)[len(values) // 2]
    return f"{middle:,.0f}/s"


def _waits(runs: list[Run]) -> str:
    half, most = ([run.percentile(number) for run in runs] for number in (50, 95))
    return f"p50 {seconds(half)}, p95 {seconds(most)}"


def measure_writing(rounds: int) -> Section:
    """The product's way of writing against one look-up and save a figure."""
    section = Section("Writing one commune's figures, with history")
    tell("Ghi số liệu: import_results và update_or_create …")
    communes = returns.communes(64)

    def rate(save: Save, writers: int, length: float) -> Callable[[], float]:
        return lambda: write(communes, writers, save, drains=False, seconds=length).rate

    for writers in (1, 4):
        found = interleaved(
            {
                "import_results": rate(returns.record, writers, 1.5),
                "update": rate(returns.update, writers, 1.5),
                "each": rate(returns.record_each, writers, 3),
            },
            rounds,
        )
        drain()
        section.add(
            f"`import_results` / `update_or_create` a figure, {writers} writers",
            ratios(found["import_results"], found["each"]),
            f"{_rate(found['import_results'])} / {found['each'][0]:.1f}/s",
            Goal(20, 50, at_least=True) if writers > 1 else None,
        )
        section.add(
            f"plain rewrite in one statement / `import_results`, {writers} writers",
            ratios(found["update"], found["import_results"]),
            f"{_rate(found['update'])} / {_rate(found['import_results'])}",
        )
    return section
