"""Where to put stations 监测选址: a study for the office, computed by a job."""
