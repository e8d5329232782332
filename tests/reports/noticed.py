"""People of two communes and the tiers above, and what each of them was told."""

from __future__ import annotations

from dataclasses import dataclass

from communes.enums import Role
from communes.models import Official
from reports.models import Notice, Report
from reports.noticing.words import said
from reports.workflow import request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled


@dataclass
class Told:
    """The small province at work on 2024, with somebody in every role."""

    places: Places
    catalogue: Catalogue
    staff: Staff
    leader: Official
    stranger: Official

    @property
    def report(self) -> Report:
        return Report.objects.select_related("unit").get(unit=self.places.first, period="2024")

    def send(self, **changed: str | None) -> None:
        entries = filled(self.places.first, self.catalogue, **changed)
        save_draft(unit=self.places.first, period=Y2024, entries=entries, by=self.staff.officer)
        submit(unit=self.places.first, period=Y2024, by=self.staff.officer)

    def send_back(self, *codes: str) -> None:
        inputs = {row.code: row for row in self.catalogue.inputs}
        for code in codes:
            request_change(
                report=self.report, indicator=inputs[code], body="Xem lại.", by=self.staff.district
            )
        return_report(report=self.report, by=self.staff.district, note="Gấp trong tuần")


def country() -> Told:
    places, catalogue = builders.places(), builders.catalogue()
    staff = builders.staff(places)
    other = builders.unit("902", "Huyện Khác", "district", places.province)
    return Told(
        places,
        catalogue,
        staff,
        leader=builders.official("lanh.dao", places.province, Role.LEADER),
        stranger=builders.official("huyen.khac", other, Role.REVIEWER),
    )


def told() -> dict[str, list[str]]:
    """Who was told what kinds, in the order of telling."""
    found: dict[str, list[str]] = {}
    for notice in Notice.objects.select_related("official").order_by("pk"):
        found.setdefault(notice.official.username, []).append(notice.kind)
    return found


def heard(official: Official) -> list[str]:
    """The sentences somebody was told, first to last."""
    rows = Notice.objects.filter(official=official).select_related("unit").order_by("pk")
    return [said(row).text for row in rows]
