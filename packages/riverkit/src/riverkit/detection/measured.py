"""Which readings are measurements at all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import DetectionError

Array = NDArray[np.float64]

MEASURED = "N"
"""The one HJ 212 data flag that is a measurement. F M S D T C B are none: stopped, in maintenance, set by hand, faulty,
over the instrument's range, in calibration, not communicating; a missing flag is unknown, which is not N either."""


def measured(values: Array, flags: Sequence[str | None], *, no_value: Sequence[float] = ()) -> Array:
    """The values (N,) with NaN where the flag is not N, or where the number means "no value".

    `no_value` names numbers such as -9999 that instruments write for nothing. Infinite values are none.
    """
    if len(values) != len(flags):
        raise DetectionError(f"{len(values)} values but {len(flags)} flags; give one flag for each value")
    kept = np.array(values, dtype=np.float64)
    kept[[flag != MEASURED for flag in flags]] = np.nan
    kept[np.isin(kept, np.array(no_value, dtype=np.float64)) | np.isinf(kept)] = np.nan
    return kept


def checked(time_s: Array, values: Array, name: str) -> tuple[Array, Array]:
    """Times (N,) in s and values (N,), as floats, NaN for no value; refused where they cannot be one series."""
    time_s, values = np.asarray(time_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if time_s.ndim != 1 or time_s.shape != values.shape:
        raise DetectionError(
            f"{name} has {values.shape} values for {time_s.shape} times; give one value for each time, NaN for none"
        )
    if not np.isfinite(time_s).all():
        raise DetectionError(f"{name} has a time that is no number; leave such readings out")
    backwards = np.flatnonzero(np.diff(time_s) < 0)
    if len(backwards):
        raise DetectionError(
            f"{name} goes back in time at reading {backwards[0] + 1} (counting from 0); sort readings by time"
        )
    return time_s, np.where(np.isinf(values), np.nan, values)
