"""The rows of the kept counts. Problems are named nowhere: `rectify.models` imports this module."""

from django.db import models

from riverchief.accounts.models import Area, Organisation
from riverchief.rectify.campaigns.models import Campaign


class ProblemTally(models.Model):
    """So many problems of one county, part of a campaign, kind, unit and state, more or fewer than the other rows say.

    Triggers (migration 0014) add a row for each group of problems that a statement changes, so that actions never wait for
    one another, and a job draws the rows of a group together: only sums mean anything. The names are those of `Problem`, so that
    `ProblemFilter` narrows both.

    `area` is the county in which the problem lies, or its own area where that lies in none; `reopenings` 0 or 1. `reported`
    and `written_off` are how many have been, `…_s` how many seconds that took from finding, together; `taken_over` how many of the
    reported an old ledger says to be so. Derived as they are, rows
    hold nothing in place that they name.
    """

    area = models.ForeignKey(Area, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    new_find = models.BooleanField()
    kind = models.CharField(max_length=30)
    unit = models.ForeignKey(
        Organisation, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    state = models.CharField(max_length=12)
    reopenings = models.PositiveSmallIntegerField()
    problems = models.BigIntegerField()
    reported = models.BigIntegerField()
    taken_over = models.BigIntegerField()
    reported_s = models.DecimalField(max_digits=24, decimal_places=6)
    written_off = models.BigIntegerField()
    written_off_s = models.DecimalField(max_digits=24, decimal_places=6)

    def __str__(self) -> str:
        return f"{self.area_id} · {self.kind} · {self.state} · {self.problems:+}"
