"""The telemetry gateway: a process of its own that takes HJ 212 packets and answers them once they are committed."""
