"""A virtual hydrological station: level, flow and rain over SL 651, sent as an analyser sends its own."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from riverkit.protocols import sl651

from riverchief.monitor.virtual.analyser import Analyser, Sample
from riverchief.monitor.virtual.line import Decoder, Heard

_CENTRE = 1
_CONFIRMS = frozenset({"EOT", "ESC"})


@dataclass
class HydrologicalStation(Analyser):
    """A telemetry station in mode M2: `mn` is its address, values of a sample are by symbol of the element.

    It sends a report again when none confirms it, twice and no more unless told otherwise, and knows no request.
    """

    resends: float = 2
    station_class: str = "P"
    encoding: sl651.Encoding = "hex"
    _serial: int = field(default=0, init=False, repr=False)

    def frame(self, sample: Sample, password: str) -> tuple[bytes, str]:
        """The report and its serial number."""
        self._serial = self._serial % 0xFFFF + 1
        report = sl651.build_upload(
            _CENTRE,
            self.mn,
            password,
            sample.cn,
            self._serial,
            datetime.now(UTC) + self.clock_ahead,
            station_class=self.station_class,
            observed_at=sample.data_time,
            values={symbol: value for symbol, (value, _) in sample.values.items()},
            encoding=self.encoding,
        )
        return report, str(self._serial)

    def decoder(self) -> Decoder:
        """Finds confirmations."""
        return sl651.StreamDecoder()

    def understand(self, item: object) -> Heard:
        """A confirmation, by its serial number; nothing else is heard."""
        if isinstance(item, sl651.Packet) and item.end in _CONFIRMS:
            return Heard(acknowledged=str(item.serial))
        return Heard()


def device_password(shared: str) -> str:
    """The four hex digits that such a station sends, made of the password of the other devices."""
    return hashlib.sha256(shared.encode()).hexdigest()[:4].upper()
