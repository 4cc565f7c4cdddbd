"""What stations send, whatever they speak: HJ 212 packets and SL 651 reports under one set of questions."""
