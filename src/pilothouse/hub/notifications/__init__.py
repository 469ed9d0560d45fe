"""What the hub tells the outside world: signed webhooks, chat and email, at least once."""
