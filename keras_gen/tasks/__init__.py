"""What models are for: the outside asks the task, never a model's class."""
