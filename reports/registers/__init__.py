"""The pages of registers: a unit's books, their entries, a block from Excel, a file to take."""
