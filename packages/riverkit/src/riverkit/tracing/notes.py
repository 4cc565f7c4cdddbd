"""What the reader of a result should know: the sentences of `CandidateResult.note` and of `Posterior.note`."""

NO_SOURCE = (
    "The background alone, an analyser that erred for some readings, or a separate bump at every station."
)
NO_STATION_BELOW = "No station lies downstream: the readings say nothing about this candidate."
SHARP_CLOUD = "Its cloud is sharp against the time step: the start is no finer than that."
LEFT_OUT = "Ruled out as the only source: whatever its release, it explains too little of the readings. Its evidence is an upper bound."

NOTES = (NO_SOURCE, NO_STATION_BELOW, SHARP_CLOUD, LEFT_OUT)

NOTHING_ROSE = (
    "Nothing rose at any station that a release from a candidate would explain: the background alone explains the readings at "
    "least as well as each of them. The order of the candidates is no finding."
)
