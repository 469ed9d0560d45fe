"""The guard's routes: one module for each thing it answers about."""
