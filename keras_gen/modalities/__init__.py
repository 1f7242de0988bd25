"""Kinds of data: what one part of a batch is, checked and taken, shown, and scored."""
