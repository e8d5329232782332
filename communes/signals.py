"""What other rooms may want to hear of."""

from django.dispatch import Signal

places_changed = Signal()
"""Units, their dates, parents or groups were written in bulk, past the models' own signals."""
