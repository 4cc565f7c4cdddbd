"""What the reader of a result should know about a candidate: the sentences of `CandidateResult.note`."""

NO_SOURCE = "The background alone, or a separate bump at every station."
NO_STATION_BELOW = "No station lies downstream: the readings say nothing about this candidate."
SHARP_CLOUD = "Its cloud is sharp against the time step: the start is no finer than that."
LEFT_OUT = (
    "Ruled out: whatever its release, it explains too little of the readings. Its evidence is an upper bound."
)

NOTES = (NO_SOURCE, NO_STATION_BELOW, SHARP_CLOUD, LEFT_OUT)
