"""What a model is made of: phases, steps, optimizers, saved state, and the parts that families share."""
