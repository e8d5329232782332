"""The page of one figure: what it says, what it rests on, and taking in what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.enums import Answer, ValueType
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.filekinds import ACCEPT
from reports.attached import Figure, evidence_of, figure_of
from reports.attaching import attach, megabytes, too_large
from reports.models import Evidence
from reports.returns import form_of, report_of


@dataclass(frozen=True)
class FigureRow:
    """What the cell of a figure in the grid is made from."""

    indicator: Indicator
    kind: str
    evidence: list[Evidence]


@dataclass(frozen=True)
class FigurePage:
    """A figure as its reader may see it, with what is attached to it, oldest first."""

    unit: Unit
    period: Period
    indicator: Indicator
    figure: Figure
    attached: list[Evidence]
    may_type: bool
    is_sent: bool
    accept: str = ACCEPT
    most: int = field(default_factory=lambda: settings.EVIDENCE_PER_FIGURE)
    most_bytes: int = field(default_factory=lambda: settings.UPLOAD_MAX_BYTES)

    @property
    def row(self) -> FigureRow:
        return FigureRow(self.indicator, "input", self.attached)

    @property
    def is_full(self) -> bool:
        return len(self.attached) >= self.most

    @property
    def most_size(self) -> str:
        return megabytes(self.most_bytes)

    @property
    def is_choice(self) -> bool:
        return self.indicator.value_type == ValueType.YES_NO

    @property
    def excuse(self) -> str:
        """The answer in place of a number, in words."""
        answer = Answer(self.figure.answer)
        return str(answer.label) if answer.is_excuse else ""

    def one(self, pk: str) -> Evidence | None:
        return next((row for row in self.attached if str(row.pk) == pk), None)


def page_of(unit: Unit, period: Period, code: str, official: Official) -> FigurePage:
    """Raises Http404 when the return asks for no such figure. Queries do not grow with the form."""
    indicator = next((row for row in form_of(unit, period) if row.code == code), None)
    if indicator is None:
        raise Http404(_("Báo cáo này không có chỉ tiêu đó."))
    report = report_of(unit, period)
    is_own = access.can(official, Action.ENTER, unit)
    return FigurePage(
        unit=unit,
        period=period,
        indicator=indicator,
        figure=figure_of(report, indicator, as_sent=not is_own),
        attached=evidence_of(report, as_sent=not is_own).get(indicator.pk, []),
        may_type=is_own and report.is_editable,
        is_sent=report.round > 0,
    )


def take_in(
    page: FigurePage,
    *,
    uploads: Sequence[UploadedFile[bytes]],
    was_skipped: bool,
    decision: str,
    by: Official,
) -> tuple[int, list[Problem]]:
    """Attach each file by itself, so that a bad one keeps back none of the others.

    was_skipped: some were too large to be received. Returns how many were attached, and what is
    wrong with the others.
    """
    taken, problems = 0, [too_large()] if was_skipped else []
    nothing: list[UploadedFile[bytes] | None] = [] if was_skipped else [None]
    for upload in uploads or nothing:
        try:
            attach(
                unit=page.unit,
                period=page.period,
                indicator=page.indicator,
                by=by,
                upload=upload,
                decision=decision,
            )
            taken += 1
        except DomainError as error:
            problems += error.problems
    return taken, problems


def script_words() -> dict[str, str]:
    """What the script says, in the language of the page."""
    return {
        "shrinking": _("đang thu nhỏ ảnh…"),
        "shrunk": _("ảnh đã thu nhỏ từ {before} còn {after}"),
        "waiting": _("chờ gửi"),
        "sending": _("đang gửi…"),
        "done": _("{name}: đã gửi."),
        "failed": _("chưa gửi được"),
        "offline": _(
            "Gửi tệp cần có mạng. Tệp đã chọn vẫn giữ ở đây khi trang còn mở; "
            "có mạng lại sẽ tự gửi, hoặc bấm “Gửi lại”."
        ),
        "signed_out": _("Phiên làm việc đã hết: đăng nhập lại ở thẻ khác rồi bấm “Gửi lại”."),
        "again": _("Gửi lại"),
        "drop": _("Bỏ"),
        "too_large": _("lớn hơn {most}, mức nhận tối đa của một tệp"),
        "empty": _("Chọn tệp, hoặc ghi số, ngày của văn bản có số liệu này."),
    }
