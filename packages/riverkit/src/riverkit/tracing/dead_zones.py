"""What is believed of a network's dead zones before the readings."""

from dataclasses import dataclass

from riverkit.errors import TracingError
from riverkit.transport.memory import PowerLawStorage, Storage


@dataclass(frozen=True)
class StoragePrior:
    """Belief about the dead zones of the network's channels: both quantities lognormal, the same everywhere.

    Streams from brooks to rivers lie mostly between 0.05 and 0.5 in share and 1e-5 and 1e-3 1/s in exchange.

    Attributes:
        share: median of the dead zones' cross-section over the channel's.
        exchange_per_s: median of the share of the channel's water exchanged in a second.
        share_log10_sd, exchange_log10_sd: standard deviations of the decimal logarithms.
    """

    share: float
    exchange_per_s: float
    share_log10_sd: float = 0.0
    exchange_log10_sd: float = 0.0

    def __post_init__(self) -> None:
        _refuse_impossible(self, (self.share, self.exchange_per_s))

    @property
    def log10_sds(self) -> tuple[float, float]:
        """Of both quantities."""
        return self.share_log10_sd, self.exchange_log10_sd

    def times(self, share: float, exchange: float) -> Storage:
        """The medians times these factors."""
        return Storage(self.share * share, self.exchange_per_s * exchange)


@dataclass(frozen=True)
class PowerLawPrior:
    """Belief about dead zones with stays of every length (`PowerLawStorage`): share and cut-off lognormal, the same everywhere.

    Clouds keep their skewness down a river, as if they met ever slower dead zones on their way. One memory of this kind
    follows them past several stations, where one rate of exchange fits each station by itself only.

    Attributes:
        share: median of the water held back over the water in the channel.
        cutoff_s: median of the longest stays.
        exponent: of the memory, above 0 and at most 1; 1/2 is diffusion into bed and banks.
        share_log10_sd, cutoff_log10_sd: standard deviations of the decimal logarithms.
    """

    share: float
    cutoff_s: float
    exponent: float = 0.5
    share_log10_sd: float = 0.0
    cutoff_log10_sd: float = 0.0

    def __post_init__(self) -> None:
        _refuse_impossible(self, (self.share, self.cutoff_s))
        if not 0 < self.exponent <= 1:
            raise TracingError(f"{self}: the exponent must be above 0 and at most 1.")

    @property
    def log10_sds(self) -> tuple[float, float]:
        """Of both quantities."""
        return self.share_log10_sd, self.cutoff_log10_sd

    def times(self, share: float, cutoff: float) -> PowerLawStorage:
        """The medians times these factors."""
        return PowerLawStorage(self.share * share, self.cutoff_s * cutoff, self.exponent)


def _refuse_impossible(prior: StoragePrior | PowerLawPrior, medians: tuple[float, float]) -> None:
    if not (min(medians) > 0 and min(prior.log10_sds) >= 0):
        raise TracingError(f"{prior}: medians must be above 0, standard deviations at least 0.")
