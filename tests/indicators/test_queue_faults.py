"""What cannot be added up, or has been spoiled, says so, heals, and holds up nobody else.

Source: design, Ideas 6 (derived numbers are current or say that they are not).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from communes.models import Ancestry, GroupMember, Unit, UnitGroup
from communes.signals import places_changed
from indicators.audit import audit, audit_next
from indicators.enums import Stage
from indicators.figures import Figure, figures
from indicators.models import Audit, Indicator, Recompute, Rollup
from indicators.rollups import EVERY_PERIOD, drain, mark_units, queue
from tests import builders
from tests.builders import Y2024, Catalogue, Places, told
from tests.rolled import part_of, spoil

pytestmark = pytest.mark.django_db(transaction=True)

MOST = "999999999999"
"""As large as a figure may be: times itself it fits no sum."""


@pytest.fixture
def income(catalogue: Catalogue) -> Indicator:
    return builders.count(
        "income", "Thu nhập", 20, aggregation="weighted_mean", weight=catalogue.households
    )


@pytest.fixture
def elsewhere(places: Places) -> Places:
    """A second province with one district and one commune."""
    province = builders.unit("91", "Tỉnh Hai", "province")
    district = builders.unit("911", "Huyện Hai", "district", province)
    commune = builders.unit("91101", "Xã Ba", "commune", district)
    return Places(province, district, commune, commune, commune)


def figure(unit: Unit, indicator: Indicator) -> Figure:
    found = figures([unit], [indicator], [Y2024], Stage.PROVISIONAL)
    return found[unit.pk, indicator.pk, "2024"]


def too_large(unit: Unit, catalogue: Catalogue, income: Indicator) -> None:
    told(unit, {catalogue.households: MOST, income: MOST})
    drain()
    assert Recompute.objects.exclude(problem="").filter(unit=unit).count() == 1


def test_correction_that_comes_while_its_unit_fails_is_added_up(
    places: Places, catalogue: Catalogue, income: Indicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = queue._problem

    def corrected(error: Exception) -> str:
        monkeypatch.setattr(queue, "_problem", real)
        told(places.first, {catalogue.households: "10", income: "5"})
        return real(error)

    monkeypatch.setattr(queue, "_problem", corrected)
    told(places.first, {catalogue.households: MOST, income: MOST})
    drain()

    assert not Recompute.objects.exists()
    assert figure(places.province, income).value == 5


def test_district_that_could_not_be_added_up_is_free_after_the_correction(
    places: Places, catalogue: Catalogue, income: Indicator
) -> None:
    """Each commune fits, both together do not."""
    for unit in (places.first, places.second):
        told(unit, {catalogue.households: "900000000", income: "999999999"})
    drain()
    stuck = Recompute.objects.exclude(problem="")
    assert [mark.unit for mark in stuck] == [places.district]
    assert figure(places.first, income).value == 999999999

    told(places.first, {catalogue.households: "9", income: "999999999"})
    drain()

    assert not Recompute.objects.exists()
    assert figure(places.district, catalogue.households).value == 900000009


def test_unit_that_moves_while_another_is_stuck_is_counted_in_its_new_place(
    places: Places, elsewhere: Places, catalogue: Catalogue, income: Indicator
) -> None:
    told(places.second, {catalogue.households: "10"})
    told(elsewhere.first, {catalogue.households: "7"})
    too_large(places.first, catalogue, income)

    Unit.objects.filter(pk=places.second.pk).update(parent=elsewhere.district)
    Ancestry.objects.filter(descendant=places.second).delete()
    above = [places.second, elsewhere.district, elsewhere.province]
    Ancestry.objects.bulk_create(
        Ancestry(ancestor=unit, descendant=places.second, depth=depth)
        for depth, unit in enumerate(above)
    )
    places_changed.send(sender=Unit)
    drain()

    assert figure(elsewhere.province, catalogue.households).value == 17
    assert figure(places.district, catalogue.households).value is None
    assert figure(places.province, catalogue.households).pending


def test_part_that_cannot_be_checked_raises_an_alert_and_the_others_are_checked(
    places: Places, elsewhere: Places, catalogue: Catalogue, income: Indicator
) -> None:
    told(elsewhere.first, {catalogue.households: "7"})
    too_large(places.first, catalogue, income)

    for _turn in range(4):
        audit_next(seconds=0)

    alert = Audit.objects.get(unit=places.province)
    assert (alert.differing, alert.seen_by) == (1, None)
    assert "Không kiểm được" in alert.rows[0]["indicator_name"]
    checked = Audit.objects.filter(unit=elsewhere.province)
    assert {(row.differing, row.checked) for row in checked} == {(0, 3)}


def test_row_cut_short_is_found_and_mended(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.households: "7"})
    drain()
    row = Rollup.objects.get(unit=places.first, stage=Stage.PROVISIONAL)
    Rollup.objects.filter(pk=row.pk).update(cells=bytes(row.cells)[:-1])

    assert audit(places.province, Y2024).differing == 1
    drain()

    assert audit(places.province, Y2024).differing == 0
    assert figure(places.first, catalogue.households).value == 7


@pytest.mark.parametrize("everything", [False, True])
def test_rows_that_are_missing_are_found_and_made_again(
    places: Places, catalogue: Catalogue, *, everything: bool
) -> None:
    told(places.first, {catalogue.households: "7"})
    drain()
    lost = Rollup.objects.all() if everything else Rollup.objects.filter(unit=places.province)
    lost.delete()

    found = audit_next()
    assert found is not None
    assert found.differing == (3 if everything else 1)
    drain()

    part = part_of(places.province, catalogue.households, Stage.PROVISIONAL)
    assert part is not None
    assert part.total == Decimal(7)


def test_row_of_a_unit_that_has_ended_is_found(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.households: "7"})
    drain()
    Unit.objects.filter(pk=places.first.pk).update(valid_to="2024-06-30")

    assert audit(places.province, Y2024).differing == 3  # the commune's, and both sums above it


def test_spoiled_figures_are_named_with_what_is_stored_and_what_is_right(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.households: "7"})
    drain()
    spoil(total=9)

    found = audit(places.province, Y2024)

    assert (found.checked, found.differing) == (3, 3)
    assert {(row["unit_name"], row["stored"], row["recomputed"]) for row in found.rows} == {
        (unit.name, "9 (1+0)", "7 (1+0)")
        for unit in (places.first, places.district, places.province)
    }


def test_share_whose_condition_is_a_share_is_refused_and_stops_nothing(
    places: Places, catalogue: Catalogue
) -> None:
    share = Indicator.objects.create(
        code="share", name="Tỷ lệ xã", order=30, theme=builders.theme(), kind="share_of_units",
        value_type="decimal", unit_of_measure="%", direction="none", measurement="stock",
        cadence="year", applies_to="communes", condition_indicator=catalogue.rate,
        condition_comparator="<=", condition_value=Decimal(5), counted="commune",
    )  # fmt: skip
    share.condition_indicator = share
    with pytest.raises(ValidationError, match="Điều kiện phải xét"):
        share.full_clean()

    Indicator.objects.filter(pk=share.pk).update(condition_indicator=share)
    told(places.first, {catalogue.households: "7"})
    drain()

    assert not Recompute.objects.exists()
    assert figure(places.province, share).value is None


def test_rate_without_a_denominator_says_nothing(places: Places, catalogue: Catalogue) -> None:
    half = builders.ratio("half", "Tỷ lệ dở dang", 40, [catalogue.poor], [])
    told(places.first, {catalogue.poor: "10"})

    assert figure(places.first, half).value is None
    assert figure(places.first, half).reported == 0


def test_many_definitions_saved_together_ask_once(
    places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(places.first, {catalogue.poor: "10"})
    drain()
    calls: list[None] = []
    monkeypatch.setattr("indicators.definitions.soon", lambda: calls.append(None))
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=3)
    with transaction.atomic():
        for unit in places.communes:
            GroupMember.objects.create(group=group, unit=unit, source="stated")

    assert calls == [None]
    assert list(Recompute.objects.values_list("unit", "period")) == [(None, EVERY_PERIOD)]


def test_command_adds_up_what_an_upgrade_left_waiting(
    places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicators.recording.soon", lambda: None)
    told(places.first, {catalogue.poor: "10"})
    mark_units([places.second.pk], Y2024)

    call_command("recompute_rollups", "--waiting")

    assert not Recompute.objects.exists()
    assert figure(places.province, catalogue.poor).value == 10
