"""Overflows 溢流: when untreated water ran out, for how long, how much, into which reach; and in what weather."""
