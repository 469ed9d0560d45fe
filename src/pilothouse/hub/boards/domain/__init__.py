"""What tasks, boards and approvals may do: pure."""
