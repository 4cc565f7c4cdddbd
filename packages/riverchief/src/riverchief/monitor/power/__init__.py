"""Power meters of production and of treatment (治污设施用电监控): cheap evidence that a works runs and its treatment does not."""
