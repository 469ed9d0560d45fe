"""How recordings come in: told of, delivered, or made by the hub itself."""
