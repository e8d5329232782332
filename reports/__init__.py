"""What officials send up and take away: reports and their review, annexes, pages, the API."""
