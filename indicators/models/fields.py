"""Column kinds that the models of the room share."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.periods import Period

DIGITS: dict[str, Any] = {"max_digits": 24, "decimal_places": 6}
"""Room for a national sum of money in triệu đồng with the six decimals a rate may need."""


def validate_period(code: str) -> None:
    try:
        Period.parse(code)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class PeriodField(models.CharField):  # type: ignore[type-arg]
    """A period's code in the database: 2024, 2024H1, 2024Q3."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 7)
        kwargs.setdefault("verbose_name", _("kỳ"))
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.validators = [*self.validators, validate_period]
