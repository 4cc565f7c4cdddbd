"""The outstanding problems of a district as Excel, to be filled in and read back."""
