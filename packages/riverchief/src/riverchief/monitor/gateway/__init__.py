"""The telemetry gateway: a process of its own that takes uploads of HJ 212 and SL 651 and answers them once they are committed."""
