"""What is measured is a number: neither infinite nor "not a number". Of refused readings that held such, the reason stays."""

from functools import reduce
from math import inf
from operator import and_

from django.db import migrations, models
from django.db.models import Q

_FINITE = {
    "reading": ("reading_is_finite", ("value", "raw_value", "minimum", "maximum", "load")),
    "latest": ("latest_is_finite", ("value",)),
    "dailyvalue": ("daily_value_is_finite", ("mean", "minimum", "maximum")),
    "sample": ("sample_is_finite", ("value",)),
    "labresult": ("lab_result_is_finite", ("value",)),
    "overflowrecord": ("overflow_is_finite", ("rainfall_mm", "volume_m3")),
    "powermeter": ("power_meter_is_finite", ("runs_from",)),
    "idletreatment": ("idle_treatment_is_finite", ("treatment", "normal")),
    "bottleresult": ("bottle_result_is_finite", ("value",)),
}
_ENDLESS = "{0} NOT BETWEEN '-1.7976931348623157e308' AND '1.7976931348623157e308'"
_NUMBERS = _FINITE["reading"][1]
_EMPTY = f"""
UPDATE monitor_reading SET {", ".join(f"{name} = CASE WHEN {_ENDLESS.format(name)} THEN NULL ELSE {name} END" for name in _NUMBERS)}
WHERE {" OR ".join(_ENDLESS.format(name) for name in _NUMBERS)}
"""  # noqa: S608 - the columns are our own


def _condition(columns: tuple[str, ...]) -> Q:
    return reduce(and_, (Q(**{f"{name}__gt": -inf, f"{name}__lt": inf}) for name in columns))


class Migration(migrations.Migration):
    """Cleans up, then forbids."""

    dependencies = [("monitor", "0024_requested_periods")]

    operations = [
        migrations.RunSQL(_EMPTY, migrations.RunSQL.noop),
        *(
            migrations.AddConstraint(
                model_name=model,
                constraint=models.CheckConstraint(condition=_condition(columns), name=name),
            )
            for model, (name, columns) in _FINITE.items()
        ),
    ]
