"""Rows of the river's watch. Problems are named as text: `rectify.models` imports this module."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.rectify.watch.codes import WatchState
from riverchief.registry.models import Station


class RiverWatch(models.Model):
    """That the river is watched from a verification on, at the next station downstream that told of the problem.

    `inflow`: the next station above the place. `levels`: by parameter the level that means it is back, with the hours it rests on. `judged_until`: the readings up to then
    were judged; `heard_hours` of them had any. `explained`: rises that rain or the inflow explains, as they were told.
    """

    problem = models.ForeignKey("rectify.Problem", on_delete=models.PROTECT, related_name="watches")
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    station = models.ForeignKey(Station, null=True, on_delete=models.PROTECT, related_name="+")
    distance_m = models.FloatField(null=True)
    inflow = models.ForeignKey(Station, null=True, on_delete=models.PROTECT, related_name="+")
    levels = models.JSONField(default=dict)
    judged_until = models.DateTimeField()
    heard_hours = models.PositiveIntegerField(default=0)
    explained = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(
                fields=("judged_until",), condition=Q(state=WatchState.WATCHING), name="watches_that_run"
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=list(WatchState)), name="watch_state_known"),
            models.CheckConstraint(condition=Q(until__gt=F("started_at")), name="watch_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=("problem",), condition=Q(state=WatchState.WATCHING), name="one_watch_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=WatchState.WATCHING) | Q(station__isnull=False, ended_at__isnull=True),
                name="watch_has_its_station",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.state} {self.until:%F}"
