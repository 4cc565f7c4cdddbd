"""Trace an event upstream to suspects, with probabilities."""
