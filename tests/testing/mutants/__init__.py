"""Faults seeded in copies of the adapters, and what makes the copies."""
