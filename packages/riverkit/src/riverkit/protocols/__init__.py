"""Codecs of the field's telemetry protocols: bytes in, objects out, and back; no sockets, no clock."""
