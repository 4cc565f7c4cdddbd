"""The errors that riverkit raises on purpose.

Every message says what is wrong, where (a reach, a row, a byte) and how to cure it, so that a caller may show
it to a person as it stands. Catch `RiverkitError` to catch them all; anything else is a defect of this
library.
"""


class RiverkitError(Exception):
    """Input that riverkit cannot use; the root of all its errors."""


class NetworkError(RiverkitError):
    """A river network, a vector file or a place on the network is not usable."""


class TransportError(RiverkitError):
    """A transport problem is ill-posed: missing hydraulics, a step too coarse for the kernel."""


class SimulationError(RiverkitError):
    """A simulation cannot be run as asked: missing hydraulics, a time step too long for the cells."""


class TracingError(RiverkitError):
    """Observations, candidates or settings of a source search are not usable."""


class OutputError(RiverkitError):
    """A file cannot be written where it was asked for."""


class ProtocolError(RiverkitError):
    """A telemetry packet breaks its protocol."""


class StandardError(RiverkitError):
    """A value or an option does not fit the water-quality standard it is judged by."""


class PlacementError(RiverkitError):
    """Stations cannot be placed as asked: an impact matrix, priors or places that do not fit."""


class LoadsError(RiverkitError):
    """Loads cannot be shared out as asked: no reading, no discharge, a place that does not fit."""


class DetectionError(RiverkitError):
    """Readings, rules or settings of quality control and event detection are not usable."""
