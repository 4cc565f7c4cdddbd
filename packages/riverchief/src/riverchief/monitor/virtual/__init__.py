"""Virtual stations: they speak HJ 212 and SL 651 over real sockets as those in the field do, with faults where wanted."""
