"""Documents 公文: letters of a river-chief office, from the draft to the receipt and the reply."""
