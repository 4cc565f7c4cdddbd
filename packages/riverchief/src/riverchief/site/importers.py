"""The one table of what the slices above the registry import: kind of file to the action that takes it."""

IMPORTERS: dict[str, str] = {
    "overflows": "riverchief.monitor.importing.overflows.ImportOverflows",
    "stoppages": "riverchief.monitor.importing.stoppages.ImportStoppages",
    "readings": "riverchief.monitor.importing.readings.ImportReadings",
    "bottle_results": "riverchief.monitor.sampling.results.ImportBottleResults",
    "lab_results": "riverchief.monitor.importing.laboratory.ImportLabResults",
}
