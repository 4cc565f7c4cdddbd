"""What every slice stands on: actions, outbox, audit chain, evidence, rules, clock."""
