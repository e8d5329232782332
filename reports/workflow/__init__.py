"""The way of a return: draft → submitted → returned or endorsed → approved → reopened.

Runs over as many reviewing tiers as the hierarchy has. Every step is an event: who, in
which post, when, what it covered. A refusal (DomainError) changes nothing.
"""

from reports.workflow.delegating import (
    MOST_DAYS,
    delegate,
    delegations_of,
    end_delegation,
    possible_delegates,
)
from reports.workflow.desk import (
    counted_by,
    desk_of,
    enters_for,
    holds_desk,
    may_review_now,
    next_desk,
    way_of,
    why_not_review,
)
from reports.workflow.marking import (
    Objection,
    accept,
    accepted_in,
    accepted_in_each,
    comment,
    drop_request,
    request_change,
    request_changes,
    said_in,
    speaking_post,
    take_back_acceptance,
)
from reports.workflow.reviewing import endorse, reopen, return_report
from reports.workflow.sending import (
    NOTE_LENGTH,
    hand_in,
    post_of_signer,
    report_to_enter,
    save_draft,
    submit,
)

__all__ = [
    "MOST_DAYS",
    "NOTE_LENGTH",
    "Objection",
    "accept",
    "accepted_in",
    "accepted_in_each",
    "comment",
    "counted_by",
    "delegate",
    "delegations_of",
    "desk_of",
    "drop_request",
    "end_delegation",
    "endorse",
    "enters_for",
    "hand_in",
    "holds_desk",
    "may_review_now",
    "next_desk",
    "possible_delegates",
    "post_of_signer",
    "reopen",
    "report_to_enter",
    "request_change",
    "request_changes",
    "return_report",
    "said_in",
    "save_draft",
    "speaking_post",
    "submit",
    "take_back_acceptance",
    "way_of",
    "why_not_review",
]
