"""Deliveries from and to other systems."""
