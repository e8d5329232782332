"""How numbers and days are written, where Django writes them by itself."""
