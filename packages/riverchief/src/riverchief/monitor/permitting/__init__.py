"""What goes out through a mouth, beside what its permits allow."""
