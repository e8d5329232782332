"""The operations page shows whatever is stored: one bad row must not hide the others."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.builders import Places
from tests.reports.test_operations import administrator as administrator  # noqa: PLC0414
from tests.reports.test_operations import audit, failure, mark, press, text

pytestmark = pytest.mark.django_db


def test_mark_of_a_period_that_is_none_is_shown_by_its_code(
    administrator: Client, places: Places
) -> None:
    mark(places.first, "2024X")
    mark(places.first, "9999Q", problem="Không tính được.")
    mark(places.second)

    shown = text(administrator)

    for words in ("2024X", "9999Q", "Không tính được.", "năm 2024"):
        assert words in shown


@pytest.mark.parametrize("rows", [[{}], [{"stage": "draft", "stored": None}], ["x"], [None], {}])
def test_check_with_rows_of_another_form_is_shown_and_seen(
    administrator: Client, places: Places, rows: object
) -> None:
    kept = audit(places.province, period="x", checked=7, differing=0)
    type(kept).objects.filter(pk=kept.pk).update(differing=2, rows=rows)

    assert places.province.name in text(administrator)
    assert "đã xem" in press(administrator, f"/van-hanh/tu-kiem/{kept.pk}/da-xem/")


@pytest.mark.parametrize("written", ["", "(1, 2...", '"(1, ', "7", "null", "not json at all"])
def test_failed_task_whose_arguments_were_cut_is_shown_and_dismissed(
    administrator: Client, written: str
) -> None:
    failed = failure(task_args=written, task_kwargs=written, result=written)
    failure(error="lỗi kia")

    assert "Tính lại số tổng hợp" in text(administrator)
    assert "lỗi kia" in text(administrator)
    assert "Đã bỏ qua việc này." in press(administrator, f"/van-hanh/viec/{failed.pk}/bo-qua/")
