"""Boards where people and agents work: tasks, dependencies, comments, approvals."""
