"""The rulebook: every rule in words, tried on past returns, switched on and off."""
