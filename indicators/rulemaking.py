"""An administrator's changes to rules: switching on and off, severity, tolerance, words.

What a rule says of which figures stays as it was imported. Every change is kept with who made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official
from indicators.checks import with_terms
from indicators.enums import Severity
from indicators.models import ValidationRule
from indicators.recording import MOST_DIGITS
from indicators.trial import Trial, try_rule
from indicators.wording import has_stray_brace, known_names, unknown_names
from povertyplan.lib.bilingual import as_kept
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import format_number

CONFIRM_ABOVE = Decimal(5)
"""Per cent of past returns that a rule may object to before it asks whether it is meant."""
TRIED_YEARS = 5
CHANGED = ("name", "severity", "tolerance", "message", "is_active")
NAME_LENGTH = 200
MESSAGE_LENGTH = 1000


@dataclass(frozen=True)
class Terms:
    """What an administrator may change of a rule. `tolerance` in the unit of its figures."""

    name: str
    severity: str
    tolerance: Decimal
    message: str
    is_active: bool

    @classmethod
    def of(cls, rule: ValidationRule) -> Terms:
        """As it is stored, whatever language it is read in."""
        return cls(**{name: as_kept(getattr(rule, name)) for name in CHANGED})


class Unconfirmed(DomainError):  # noqa: N818  # named for what is missing
    """The rule would object to many past returns; `trial` says to how many."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        found = trial.total
        super().__init__(
            Problem(
                _(
                    "Quy tắc này không đạt ở {failed} trên {checked} báo cáo đã kiểm được của "
                    "{years} ({share}%). Xem các báo cáo đó rồi xác nhận nếu vẫn bật."
                ).format(
                    failed=format_number(Decimal(found.failed)),
                    checked=format_number(Decimal(found.checked)),
                    years=_("các năm {first}–{last}").format(first=trial.first, last=trial.last),
                    share=format_number(found.share, 1),
                ),
                code="unconfirmed",
            )
        )


def past_years() -> range:
    """The years that a rule is tried on unless somebody asks for others."""
    this = timezone.localdate().year
    return range(this - TRIED_YEARS + 1, this + 1)


def version_of(rule: ValidationRule) -> int:
    """A number that changes with every change of the rule."""
    return rule.history.values_list("history_id", flat=True).first() or 0


def change_rule(
    *,
    rule: ValidationRule,
    terms: Terms,
    by: Official,
    seen: int | None = None,
    is_confirmed: bool = False,
) -> bool:
    """Give a rule other terms; False when they are what it had.

    `seen`: the version that was looked at; None does not check it. Switched on, or made
    stricter, a rule is first tried on past returns: `Unconfirmed` when it fails for more than
    CONFIRM_ABOVE per cent and `is_confirmed` is not set. Raises PermissionDenied for who is no
    administrator, DomainError with every fault; a refusal changes nothing.
    """
    if not access.is_administrator(by):
        raise PermissionDenied(_("Chỉ quản trị viên sửa được quy tắc."))
    rule = with_terms().prefetch_related("tiers").get(pk=rule.pk)
    problems = list(_faults(rule, terms))
    if problems:
        raise DomainError(problems)
    if terms == Terms.of(rule):
        return False
    if _is_stricter(terms, Terms.of(rule)) and not is_confirmed:
        _ask(rule, terms)
    with transaction.atomic():
        stored = ValidationRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        _need_unchanged(stored, seen)
        _put(stored, terms)
        stored._history_user = by  # type: ignore[attr-defined]
        stored.save(update_fields=CHANGED)
    return True


def _put(rule: ValidationRule, terms: Terms) -> None:
    for name in CHANGED:
        setattr(rule, name, getattr(terms, name))


def _is_stricter(terms: Terms, before: Terms) -> bool:
    """Will it speak, or stop a return, where it has not until now?"""
    if not terms.is_active:
        return False
    return (
        not before.is_active
        or terms.tolerance < before.tolerance
        or (terms.severity == Severity.ERROR and before.severity != Severity.ERROR)
    )


def _ask(rule: ValidationRule, terms: Terms) -> None:
    tried = copy(rule)  # its figures and tiers with it
    _put(tried, terms)
    trial = try_rule(tried, past_years())
    if trial.total.share > CONFIRM_ABOVE:
        raise Unconfirmed(trial)


def _need_unchanged(stored: ValidationRule, seen: int | None) -> None:
    """Nobody overwrites what they have not seen: compared under the row lock."""
    if seen is not None and seen != version_of(stored):
        raise DomainError(
            _("Quy tắc này vừa được người khác sửa. Xem nội dung hiện nay rồi sửa lại.")
        )


def _faults(rule: ValidationRule, terms: Terms) -> Iterator[Problem]:
    yield from _bad_text("name", terms.name, NAME_LENGTH, _("Ghi tên quy tắc."))
    yield from _bad_text("message", terms.message, MESSAGE_LENGTH, _("Ghi câu báo."))
    if terms.severity not in Severity.values:
        yield Problem(_("Chọn mức: lỗi hoặc cảnh báo."), key="severity")
    if not 0 <= terms.tolerance < 10**MOST_DIGITS:
        yield Problem(_("Sai số cho phép phải từ 0 trở lên, và không quá lớn."), key="tolerance")
    named = [(term.indicator.code, term.offset) for term in rule.terms.all()]
    for name in unknown_names(terms.message, named):
        yield Problem(
            _("Không có chỗ điền “{{{name}}}”. Dùng được: {known}.").format(
                name=name, known=", ".join(f"{{{one}}}" for one in sorted(known_names(named)))
            ),
            key="message",
        )
    if has_stray_brace(terms.message):
        yield Problem(_("Có dấu ngoặc nhọn lẻ; mỗi chỗ điền ghi {tên}."), key="message")


def _bad_text(key: str, text: str, most: int, asked: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(asked, key=key)
    elif len(text) > most:
        yield Problem(
            _("Dài {n} ký tự, tối đa {most}. Viết gọn lại.").format(n=len(text), most=most), key=key
        )
