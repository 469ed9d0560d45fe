"""What a guest is shown of Pilothouse: programs that run inside a sandbox, with the sandbox's Python."""
