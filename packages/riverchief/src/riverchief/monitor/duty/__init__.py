"""The duty desk 值班: who is on duty, whom an alarm reaches and when, what one shift hands to the next."""
