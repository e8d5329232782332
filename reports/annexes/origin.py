"""What a finished table was drawn up from: its layout, place, request and catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from communes.models import Unit
from reports.annexes.lines import Place
from reports.annexes.readings import Catalogue, Request
from reports.annexes.spec import AnnexSpec
from reports.models import Annex


@dataclass(frozen=True, slots=True)
class Origin:
    """`merged`: the units that a unit took over, by its pk."""

    annex: Annex
    place: Place
    spec: AnnexSpec
    request: Request
    catalogue: Catalogue
    merged: Mapping[int, set[Unit]]

    def variant_number(self, variant: str) -> int:
        """The place of a layout among those of the table, from 1."""
        return 1 + [layout.variant for layout in self.spec.layouts].index(variant)
