"""Recipes that vrx ships, as TOML."""
