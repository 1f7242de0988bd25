"""The command line, and what one training is from its options to its files."""
