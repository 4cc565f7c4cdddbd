"""What release places send past all instruments of all parameters, whichever way each is correlated."""

from collections.abc import Sequence
from copy import copy

import numpy as np

from riverkit.tracing.correlation import Clouds
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.singly import SinglePassing

PARTS = 8
"""Of a block, for which it is told apart whether they can matter."""

Seen = Sequence[Clouds | SinglePassing]
"""What the instruments of one parameter see of some release places; those that see nothing may be left out."""


class Passing:
    """Bounds and products of some release places, over all parameters.

    Attributes:
        hop: starts of a block, which may begin at any start.
        part: starts over which bounds are taken; a block is a multiple of it.
        n_durations: of the search.
        bounds: shape [places, parts]: no releases in the part, one of each parameter, have a larger Σ ½ S_gy²/S_gg.
    """

    def __init__(self, parameters: Sequence[Seen], n_places: int, n_starts: int, n_durations: int) -> None:
        self._parameters = parameters
        most = min((each.hop for seen in parameters for each in seen), default=n_starts)
        self.part = max(1, most // PARTS)
        self.hop = most // self.part * self.part
        self.bounds = np.zeros((n_places, -(-n_starts // self.part)))
        for seen in parameters:
            for each in seen:
                self.bounds += each.bounds(self.part)
        self.n_durations = n_durations

    def taken(self, rows: Ints) -> "Passing":
        """Of some of the places."""
        taken = copy(self)
        taken._parameters = [[each.taken(rows) for each in seen] for seen in self._parameters]
        taken.bounds = self.bounds[rows]
        return taken

    def products(self, places: Ints, first: Ints) -> tuple[Floats, Floats]:
        """S_gg and S_gy of these places from their first starts on: shape [parameters, places, durations, starts].

        Starts beyond the last one of the search are of no use.
        """
        found = [self._of_one(seen, places, first) for seen in self._parameters]
        if len(found) == 1:
            s_gg, s_gy = found[0]
            return s_gg[None], s_gy[None]
        s_gg, s_gy = (np.stack(each) for each in zip(*found, strict=True))
        return s_gg, s_gy

    def _of_one(self, seen: Seen, places: Ints, first: Ints) -> tuple[Floats, Floats]:
        if not seen:
            nothing = np.zeros((len(places), self.n_durations, self.hop))
            return nothing, nothing
        s_gg, s_gy = seen[0].products(places, first, self.hop)
        for each in seen[1:]:
            more_gg, more_gy = each.products(places, first, self.hop)
            s_gg += more_gg
            s_gy += more_gy
        return s_gg, s_gy
