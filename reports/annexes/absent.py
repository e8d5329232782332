"""Why a table on the list cannot be had, for who does not know how layouts come about."""

from __future__ import annotations

from django.utils.translation import gettext as _

from plans.wording import section_words
from reports.enums import AnnexStatus
from reports.models import Annex


def sections_of(annex: Annex) -> str:
    """Where the plan speaks of the table: II.2 gạch đầu dòng 1, III.1; empty where nowhere."""
    return ", ".join(section_words(one) for one in annex.definition.get("sections", ()))


def has_form(annex: Annex) -> bool:
    return annex.status == AnnexStatus.USABLE


def why_not(annex: Annex, reason: str) -> str:
    """The reason of a table that cannot be had; of one whose form nobody knows, what to do."""
    if has_form(annex):
        return reason
    if sections := sections_of(annex):
        cited = _("văn bản nhắc biểu ở mục {sections} nhưng không kèm mẫu").format(
            sections=sections
        )
    elif annex.plan_id:
        cited = _("kế hoạch không nhắc biểu này")
    else:
        cited = _("chưa văn bản nào nhắc biểu này")
    words = _("{reason}: {cited}, nên chưa biết cột và dòng. Có bản gốc thì quản trị nạp mẫu biểu.")
    return words.format(reason=reason, cited=cited)
