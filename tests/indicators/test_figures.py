"""Reading rolled-up figures. Source: design, Ideas 4 and 6, Meaning (Rollup)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from communes.models import Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure, figures, group_figures
from indicators.models import Indicator, Recompute
from indicators.periods import Period
from indicators.rollups import drain, recompute_all
from tests import builders
from tests.builders import Y2024, Catalogue, Places, count, told
from tests.rolled import spoil

pytestmark = pytest.mark.django_db

D = Decimal
Y2023 = Period(2023)


def figure(unit: Unit, indicator: Indicator, period: Period = Y2024) -> Figure:
    return figures([unit], [indicator], [period], Stage.PROVISIONAL)[
        unit.pk, indicator.pk, period.code
    ]


def test_every_combination_is_there_and_unknown_is_no_zero(
    places: Places, catalogue: Catalogue
) -> None:
    units = [places.province, places.district, *places.communes]
    indicators = [*catalogue.inputs, catalogue.rate]

    found = figures(units, indicators, [Y2023, Y2024], Stage.OFFICIAL)

    assert set(found) == {
        (unit.pk, row.pk, code) for unit in units for row in indicators for code in ("2023", "2024")
    }
    assert {(one.value, one.reported, one.pending) for one in found.values()} == {(None, 0, False)}
    assert found[places.province.pk, catalogue.rate.pk, "2024"].expected == 3


def test_figure_is_pending_from_the_mark_to_the_recompute_in_every_tier_above(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "5"})  # marked, not drained: the transaction is the test's

    def pending(period: Period = Y2024) -> list[str]:
        units = [places.province, places.district, places.first, places.second]
        return [unit.code for unit in units if figure(unit, catalogue.poor, period).pending]

    assert pending() == ["90", "901", "90102"]
    assert pending(Y2023) == []
    drain()
    assert pending() == []
    assert figure(places.province, catalogue.poor).value == 5


def test_pending_figure_still_shows_the_last_sum_and_its_moment(
    places: Places, catalogue: Catalogue
) -> None:
    told(places.first, {catalogue.poor: "5"})
    drain()
    told(places.second, {catalogue.poor: "7"})

    found = figure(places.province, catalogue.poor)

    assert (found.value, found.reported, found.pending) == (5, 1, True)
    assert found.computed_at is not None


def test_figure_that_applies_nowhere_is_not_applicable_upward_too(
    places: Places, catalogue: Catalogue
) -> None:
    for unit in places.communes:
        told(unit, {catalogue.relapsed: None})
    drain()

    found = figure(places.province, catalogue.relapsed)

    assert (found.value, found.reported, found.expected, found.not_applicable) == (None, 0, 0, True)
    told(places.first, {catalogue.relapsed: "0"})
    drain()
    found = figure(places.province, catalogue.relapsed)
    assert (found.value, found.expected, found.not_applicable) == (0, 1, False)


def test_rate_is_unknown_where_nobody_lives(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "0", catalogue.households: "0"})
    drain()

    found = figure(places.first, catalogue.rate)

    assert (found.value, found.numerator, found.denominator, found.reported) == (None, 0, 0, 1)


def test_figure_that_is_not_put_together_is_shown_only_where_it_is_entered(
    places: Places,
) -> None:
    reached = count("reached", "Đạt tiêu chí", 1, aggregation="none", value_type="yes_no")
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    for unit in (places.first, places.second):
        told(unit, {reached: "1"})
        group.members.create(unit=unit, source="stated")
    drain()

    assert figure(places.first, reached).value == 1
    for above in (places.district, places.province):
        found = figure(above, reached)
        assert (found.value, found.reported, found.expected) == (None, 2, 3)
    whole = group_figures(group, [reached], [Y2024], Stage.PROVISIONAL)[reached.pk, "2024"]
    assert (whole.value, whole.reported, whole.expected) == (None, 2, 2)


def test_yes_no_condition_counts_the_units_that_say_yes(places: Places) -> None:
    reached = count("reached", "Đạt tiêu chí", 1, aggregation="none", value_type="yes_no")
    share = Indicator.objects.create(
        code="share",
        name="Tỷ lệ xã đạt",
        order=2,
        theme=builders.theme(),
        kind="share_of_units",
        value_type="decimal",
        unit_of_measure="%",
        direction="higher_is_better",
        measurement="stock",
        cadence="year",
        applies_to="communes_and_townships",
        scale=D(100),
        condition_indicator=reached,
        condition_comparator="=",
        condition_value=D(1),
    )
    told(places.first, {reached: "1"})
    told(places.second, {reached: "0"})
    drain()

    found = figure(places.province, share)

    assert (found.numerator, found.denominator, found.value) == (1, 2, 50)
    assert (found.reported, found.expected) == (2, 3)


def test_sample_figure_marks_every_sum_it_is_in(places: Places, catalogue: Catalogue) -> None:
    told(places.first, {catalogue.poor: "5"}, is_sample=False)
    drain()
    assert not figure(places.province, catalogue.poor).has_sample

    told(places.second, {catalogue.poor: "7"}, is_sample=True)
    drain()
    assert figure(places.province, catalogue.poor).has_sample


def test_group_leaves_out_members_of_another_day(places: Places, catalogue: Catalogue) -> None:
    gone = builders.unit("90104", "Xã Cũ", "commune", places.district, valid_to=Y2023.end)
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=2)
    for unit in (places.first, gone):
        group.members.create(unit=unit, source="stated")
        told(unit, {catalogue.poor: "5"}, Y2023)
    told(places.first, {catalogue.poor: "4"})
    drain()

    found = group_figures(group, [catalogue.poor], [Y2023, Y2024], Stage.PROVISIONAL)

    values = {code: (one.value, one.reported, one.expected) for (_, code), one in found.items()}
    assert values == {"2023": (10, 2, 2), "2024": (4, 1, 1)}


def test_group_is_pending_while_a_member_is(places: Places, catalogue: Catalogue) -> None:
    group = UnitGroup.objects.create(code="nhom", name="Nhóm", expected_size=1)
    group.members.create(unit=places.first, source="stated")

    def is_pending() -> bool:
        found = group_figures(group, [catalogue.poor], [Y2024], Stage.PROVISIONAL)
        return found[catalogue.poor.pk, "2024"].pending

    told(places.second, {catalogue.poor: "5"})
    assert not is_pending()
    told(places.first, {catalogue.poor: "5"})
    assert is_pending()
    drain()
    assert not is_pending()


# -- the queue ------------------------------------------------------------------------------------


def test_figure_too_large_to_add_up_holds_up_nobody_else(
    places: Places, catalogue: Catalogue
) -> None:
    """A slip of one commune in one indicator must not stop the sums of the whole country."""
    income = count(
        "income", "Thu nhập", 9, aggregation="weighted_mean", weight=catalogue.households
    )
    told(places.first, {income: "999999999999", catalogue.households: "999999999999"})
    told(places.second, {catalogue.poor: "7"})

    drain()

    assert figure(places.district, catalogue.poor).value == 7
    assert figure(places.first, income).pending
    assert Recompute.objects.filter(unit=places.first).exists()

    told(places.first, {income: "10", catalogue.households: "90"})
    drain()
    assert not Recompute.objects.exists()
    assert figure(places.district, income).value == 10


def test_recompute_of_a_branch_climbs_to_the_top(places: Places, catalogue: Catalogue) -> None:
    for year, unit in ((2023, places.first), (2024, places.first), (2024, places.second)):
        told(unit, {catalogue.poor: "5"}, Period(year))
    drain()
    spoil(total=999)

    done = recompute_all(places.first, Y2024)

    assert done == 3  # the commune, its district, its province
    assert figure(places.first, catalogue.poor).value == 5
    assert figure(places.province, catalogue.poor).value == 5 + 999
    assert figure(places.first, catalogue.poor, Y2023).value == 999
    recompute_all()
    assert figure(places.province, catalogue.poor).value == 10
    assert figure(places.province, catalogue.poor, Y2023).value == 5


def test_drain_of_an_empty_queue_does_nothing(db: None) -> None:
    assert drain() == 0
