"""When a file of tables still says what is: by stage, never “unchanged” with another figure."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communes.enums import MemberSource
from communes.models import GroupMember, UnitGroup
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from indicators.recording import import_results
from indicators.rollups import drain
from plans.enums import PlannedMeasure
from plans.models import Milestone, Plan
from reports import workflow
from reports.annexes import making, printed
from reports.annexes.making import make_batch
from reports.annexes.printed import versions_of
from reports.enums import ReportState
from reports.models import Annex, AnnexTemplate, Report
from tests import builders
from tests.builders import Y2024, told
from tests.reports.test_annex_batches import Job
from tests.reports.test_annex_batches import job as job  # noqa: PLC0414  # a fixture

OFFICIAL, PROVISIONAL = Stage.OFFICIAL, Stage.PROVISIONAL


def figures(job: Job, poor: str, stage: str | None) -> None:
    values = job.measured.values("3", "9", poor)
    if stage is None:
        import_results(builders.entries(job.places.first, values, Y2024), stage=None)
    else:
        told(job.places.first, values, stage=stage)
    drain()


def returned(job: Job, state: str) -> None:
    moment = None if state == ReportState.DRAFT else timezone.now()
    tier = job.places.district.tier if state == ReportState.SUBMITTED else None
    Report.objects.update_or_create(
        unit=job.places.first,
        period="2024",
        defaults={"state": state, "submitted_at": moment, "with_tier": tier},
    )


@pytest.fixture
def begun(job: Job) -> Job:
    """The commune has official figures, and a return that it goes on with."""
    figures(job, "2", OFFICIAL)
    returned(job, ReportState.DRAFT)
    return job


def changed(job: Job, act: Callable[[], object]) -> set[str]:
    """The stages at which a file made before `act` is no longer what would be printed."""
    before = versions_of(job.places.district, Y2024)
    act()
    after = versions_of(job.places.district, Y2024)
    return {stage for stage in Stage.values if before[stage] != after[stage]}


def test_draft_changes_nothing_that_is_printed(begun: Job) -> None:
    def save() -> None:
        figures(begun, "1", None)
        Report.objects.update(version=7)

    assert changed(begun, save) == set()


def test_figure_sent_in_changes_provisional_tables_alone(begun: Job) -> None:
    assert changed(begun, lambda: figures(begun, "1", PROVISIONAL)) == {PROVISIONAL}
    assert changed(begun, lambda: returned(begun, ReportState.SUBMITTED)) == {PROVISIONAL}
    assert changed(begun, lambda: figures(begun, "1", OFFICIAL)) == {OFFICIAL}
    assert OFFICIAL in changed(begun, lambda: returned(begun, ReportState.APPROVED))


def test_figure_of_an_earlier_year_changes_them_too_and_of_a_later_one_does_not(
    begun: Job,
) -> None:
    def tell(year: int) -> None:
        values = begun.measured.values("3", "9", "1")
        told(begun.places.second, values, Period(year), stage=OFFICIAL)
        drain()

    assert changed(begun, lambda: tell(2023)) == {OFFICIAL, PROVISIONAL}
    assert changed(begun, lambda: tell(2025)) == set()


def test_what_waits_to_be_added_up_is_a_change_until_it_is(begun: Job) -> None:
    before = versions_of(begun.places.district, Y2024)
    values = begun.measured.values("3", "9", "1")
    told(begun.places.first, values, stage=OFFICIAL)
    assert versions_of(begun.places.district, Y2024) != before
    told(begun.places.first, begun.measured.values("3", "9", "2"), stage=OFFICIAL)
    drain()

    assert versions_of(begun.places.district, Y2024) == before


def _template(job: Job) -> None:
    unit, annex = job.places.district, Annex.objects.get()
    AnnexTemplate.objects.create(
        unit=unit,
        annex=annex,
        variant="year",
        version=1,
        file="a",
        name="a",
        uploaded_by=job.reviewer,
    )


def _layout(job: Job) -> None:
    form = Annex.objects.get()
    form.definition = {**form.definition, "title_vi": "Tên khác"}
    form.save()


def _plan(job: Job) -> None:
    Milestone.objects.create(
        plan=Plan.objects.get(),
        unit=job.places.first,
        indicator=Indicator.objects.get(code="rate"),
        period="2024",
        measure=PlannedMeasure.CHANGE_POINTS,
        value=3,
    )


def _name(job: Job) -> None:
    job.places.second.name = "Xã Khác"
    job.places.second.save()


def _name_above(job: Job) -> None:
    job.places.province.name = "Tỉnh Khác"
    job.places.province.save()


def _member(job: Job) -> None:
    group = UnitGroup.objects.get()
    GroupMember.objects.create(group=group, unit=job.places.second, source=MemberSource.STATED)


def _gone(_job: Job) -> None:
    AnnexTemplate.objects.update(active=False)


@pytest.mark.parametrize("act", [_template, _layout, _plan, _name, _name_above, _member, _gone])
def test_form_plan_and_hierarchy_change_both(begun: Job, act: Callable[[Job], None]) -> None:
    UnitGroup.objects.create(code="nhom", name="Nhóm")
    if act is _gone:
        _template(begun)

    assert changed(begun, lambda: act(begun)) == {OFFICIAL, PROVISIONAL}


def step(**more: object) -> None:
    """What is asked of a return is done: another version of it."""
    report = Report.objects.get(period=str(more.pop("period", "2024")))
    Report.objects.filter(pk=report.pk).update(version=report.version + 1, **more)


def test_another_return_with_the_same_figures_changes_what_the_sheet_of_sources_says(
    begun: Job,
) -> None:
    """It was taken back and handed in once more: the file names a round that is past."""
    returned(begun, ReportState.APPROVED)
    assert changed(begun, lambda: step(round=2)) == {OFFICIAL, PROVISIONAL}

    returned(begun, ReportState.SUBMITTED)
    assert changed(begun, lambda: step(round=3)) == {PROVISIONAL}


def test_draft_that_goes_on_after_a_step_changes_nothing(begun: Job) -> None:
    """A return that was reopened is typed in again; saving takes no step."""
    officer = builders.official("xa", begun.places.first)
    returned(begun, ReportState.REOPENED)

    def save() -> None:
        entries = builders.entries(begun.places.first, {begun.measured.poor: "1"})
        workflow.save_draft(unit=begun.places.first, period=Y2024, entries=entries, by=officer)
        drain()

    assert changed(begun, save) == set()


def test_return_of_an_earlier_year_that_was_reopened_is_another_source(begun: Job) -> None:
    """Its figures are printed in the columns of that year."""
    Report.objects.create(
        unit=begun.places.first,
        period="2023",
        state=ReportState.APPROVED,
        submitted_at=timezone.now(),
    )

    reopened = {"period": "2023", "state": ReportState.REOPENED}
    assert changed(begun, lambda: step(**reopened)) == {OFFICIAL, PROVISIONAL}


def test_return_of_a_later_year_is_no_source(begun: Job) -> None:
    def send() -> None:
        Report.objects.create(
            unit=begun.places.first,
            period="2025",
            state=ReportState.APPROVED,
            submitted_at=timezone.now(),
        )

    assert changed(begun, send) == set()


# -- what prints -------------------------------------------------------------------------------


def test_another_release_is_a_change_at_every_stage(
    begun: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade() -> None:
        monkeypatch.setattr(printed, "release_of", lambda _root: "another")

    assert changed(begun, upgrade) == {OFFICIAL, PROVISIONAL}


def test_release_is_another_with_the_code_and_not_with_its_place_or_day(tmp_path: Path) -> None:
    def built(name: str, code: str, moment: int) -> str:
        file = tmp_path / name / "reports" / "annexes" / "print.css"
        file.parent.mkdir(parents=True)
        file.write_text(code)
        os.utime(file, (moment, moment))
        return printed.release_of(tmp_path / name)

    first = built("a", "td {}", 1)

    assert built("b", "td {}", 2) == first
    assert built("c", "th {}", 1) != first


def test_another_districts_figures_change_nothing(begun: Job) -> None:
    other = builders.unit("902", "Huyện Khác", "district", begun.places.province)
    commune = builders.unit("90201", "Xã Xa", "commune", other)
    drain()

    def tell() -> None:
        told(commune, begun.measured.values("3", "9", "1"), stage=OFFICIAL)
        drain()

    assert changed(begun, tell) == set()


def test_file_with_tables_from_before_and_after_a_change_is_never_current(
    begun: Job, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begun.ask()

    def maker(*_args: object) -> tuple[str, bytes]:
        figures(begun, "1", PROVISIONAL)
        return "a.xlsx", b"x"

    monkeypatch.setattr(making, "MAKERS", (maker,))
    assert make_batch(batch.pk)
    figures(begun, "2", PROVISIONAL)  # as it was when the job began

    client.force_login(begun.reviewer)
    page = client.get("/bieu/901/2024/").content.decode()
    assert "đã đổi từ lúc lập" in page
    assert begun.ask().pk != batch.pk


def test_versions_take_one_statement(begun: Job) -> None:
    versions_of(begun.places.district, Y2024)
    with CaptureQueriesContext(connection) as found:
        versions_of(begun.places.district, Y2024)

    assert len(found) == 1
