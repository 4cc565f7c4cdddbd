"""Import from files: of basins (reaches, rivers, sections, stations, outfalls), and of who there is (areas,
organisations, people, duties).

Good rows are kept and bad ones told, each with its row, its field and the cure. Rows are known by their code, so that
importing a file twice changes nothing the second time. A dry run does the same work and takes it back.
"""

from riverchief.registry.importing.action import (
    KINDS,
    OFFICE_KINDS,
    ImportFile,
    capability_of,
    fields_of,
    importers,
    run_import,
)
from riverchief.registry.importing.preview import preview
from riverchief.registry.importing.result import ImportResult, Progress, RowError

__all__ = [
    "KINDS",
    "OFFICE_KINDS",
    "ImportFile",
    "ImportResult",
    "Progress",
    "RowError",
    "capability_of",
    "fields_of",
    "importers",
    "preview",
    "run_import",
]
