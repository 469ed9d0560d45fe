"""Incidents meet boards: rules make tasks of them, boards have a say in when they are over, agents see the evidence."""
