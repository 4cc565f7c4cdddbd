"""Run in the peers' environment, by its Python: tables to plain arrays, and the peers' verdicts. Not imported.

_event_tables.py tables FOLDER OUT     every table of FOLDER as OUT/<name>.npz, times in s as `time_s`
_event_tables.py saqc IN OUT           saqc's flagUniLOF on `time_s`, `value` of IN
_event_tables.py rolling IN OUT        score: residual to the 60-minute median over a two-day 90 % scale, largest
                                       of the columns of IN but `time_s`
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd


def tables(folder: Path, out: Path) -> None:
    patterns = ("gecco*.parquet", "lro_*.parquet", "oddwater_*.csv*", "canary_*.csv*")
    for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        clock = next(name for name in ("Time", "datetime", "Timestamp", "TimeStep") if name in frame)
        form = {"Timestamp": "%d/%m/%Y %H:%M", "TimeStep": "%m/%d/%Y %H:%M:%S"}.get(clock)
        moment = pd.to_datetime(frame[clock], format=form).astype("datetime64[ns]")
        columns = {
            name: frame[name].to_numpy(dtype=float)
            for name in frame.columns
            if name != clock and not name.startswith("type_")
        }
        time_s = moment.astype("int64").to_numpy() / 1e9
        order = np.argsort(time_s, kind="stable")
        name = path.name.split(".")[0]
        np.savez(
            out / f"{name}.npz", time_s=time_s[order], **{key: value[order] for key, value in columns.items()}
        )


def _series(time_s: np.ndarray, values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.to_datetime((time_s * 1e9).round().astype("int64")))


def flags_of_saqc(series: pd.Series) -> np.ndarray:
    import saqc  # type: ignore[import-not-found]

    once = series[~series.index.duplicated()]
    checked = saqc.SaQC(once.to_frame("value")).flagUniLOF("value", n=20, thresh=1.5)
    flagged = once.index[np.asarray(checked.flags["value"]) > 0]
    return np.asarray(series.index.isin(flagged))


def rolling_residual(columns: list[pd.Series]) -> np.ndarray:
    worst = np.zeros(len(columns[0]))
    for series in columns:
        residual = (series - series.rolling("60min", closed="left", min_periods=5).median()).abs()
        scale = residual.rolling("2D", closed="left", min_periods=200).quantile(0.9)
        score = residual / scale.clip(lower=1e-9)
        worst = np.maximum(worst, np.nan_to_num(score.to_numpy()))
    return worst


def main() -> None:
    warnings.simplefilter("ignore")
    task, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if task == "tables":
        tables(source, out)
        return
    with np.load(source) as arrays:
        time_s = arrays["time_s"]
        columns = [_series(time_s, arrays[name]) for name in arrays.files if name != "time_s"]
    found = flags_of_saqc(columns[0]) if task == "saqc" else rolling_residual(columns)
    np.savez(out, found=found)


if __name__ == "__main__":
    main()
