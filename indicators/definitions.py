"""When definitions change, what was worked out from them is worked out anew.

Definitions are units, groups and indicators. Every way of changing them through a model is
heard; what writes past the models (bulk imports) says so itself.
"""

from __future__ import annotations

import uuid

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save

from communes.models import GroupMember, Unit
from communes.signals import places_changed
from indicators.models import Definitions, Indicator, IndicatorTerm, Recompute, Result, Theme
from indicators.rollups import EVERY_PERIOD
from indicators.tasks import soon


def renew_stamp() -> None:
    """Tell every process that what it has worked out from the definitions is out of date.

    Of use alone to who asks for the recompute by other means; else call `changed`.
    """
    Definitions.objects.update_or_create(pk=1, defaults={"stamp": uuid.uuid4()})


def changed(**_kwargs: object) -> None:
    """Give the definitions a new stamp and ask for every period to be added up again.

    In the caller's transaction; nothing is asked for while there are no facts.
    """
    with transaction.atomic():
        renew_stamp()
        # Once a transaction, however many rows it saves; what is rolled back with a savepoint
        # takes its mark and its call with it.
        is_asked = any(call is _redefined for _savepoints, call, *_ in connection.run_on_commit)
        if Result.objects.exists() and not (is_asked and _is_marked()):
            Recompute.objects.create(unit=None, period=EVERY_PERIOD)
            transaction.on_commit(_redefined)


def _redefined() -> None:
    """`soon` by a name of its own, by which this transaction's calls are told from others'."""
    soon()


def _is_marked() -> bool:
    """Has somebody asked already? Of use only to who knows that it was this transaction."""
    return Recompute.objects.filter(unit=None, period=EVERY_PERIOD).exists()


def listen() -> None:
    for model in (Unit, GroupMember, Theme, Indicator, IndicatorTerm):
        for signal in (post_save, post_delete):
            signal.connect(changed, sender=model, dispatch_uid=f"redefined-{model.__name__}")
    places_changed.connect(changed, dispatch_uid="redefined-places")
