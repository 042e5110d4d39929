"""The target that is there when nothing else is set: one SQLite file with the graph in it."""
