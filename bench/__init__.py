"""`make bench`: how fast figures are added up at the size of the whole country."""
