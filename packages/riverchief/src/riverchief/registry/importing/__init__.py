"""Import of basins from files: reaches, rivers, sections, stations, outfalls.

Good rows are kept and bad ones told, each with its row, its field and the cure. Rows are known by their code, so that
importing a file twice changes nothing the second time. A dry run does the same work and takes it back.
"""

from riverchief.registry.importing.action import KINDS, ImportFile, run_import
from riverchief.registry.importing.result import ImportResult, Progress, RowError

__all__ = ["KINDS", "ImportFile", "ImportResult", "Progress", "RowError", "run_import"]
