"""Read-only invariants against production replicas, each paired with a fix that proves itself."""

from trueup.clock import naive_utc
from trueup.model.change import Alter, Alteration, Call, Delete, Insert, Steps, Update
from trueup.model.invariant import invariant
from trueup.model.metric import metric

__all__ = [
    "Alter",
    "Alteration",
    "Call",
    "Delete",
    "Insert",
    "Steps",
    "Update",
    "invariant",
    "metric",
    "naive_utc",
]
