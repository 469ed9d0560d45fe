"""What every command is made of: the hub it means, what it prints, and how it fails."""
