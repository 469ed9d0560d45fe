"""The recorder's routes, and the service around them."""
