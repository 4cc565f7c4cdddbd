"""How the river's watch over a problem stands."""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows


class WatchState(TextChoices):
    """What the river says, or why it says nothing."""

    WATCHING = "watching"
    QUIET = "quiet"
    RISEN = "risen"
    NO_DATA = "no_data"
    NO_STATION = "no_station"
    CANNOT_TELL = "cannot_tell"
    ENDED = "ended"


STATES = {
    WatchState.WATCHING: ("观察中", "Watched"),
    WatchState.QUIET: ("观察期内平稳", "Quiet to the end"),
    WatchState.RISEN: ("回升，疑似反弹", "Risen again: suspected relapse"),
    WatchState.NO_DATA: ("观察期内数据不足", "Too few readings"),
    WatchState.NO_STATION: ("下游无站点", "No station downstream"),
    WatchState.CANNOT_TELL: ("下游站点无法判断", "The station cannot tell"),
    WatchState.ENDED: ("观察中止（重新整改）", "Ended: it is rectified anew"),
}

TABLES = {
    "watch_states": code_rows(STATES),
}
