"""What can be known about a network before it runs; nothing here needs a framework."""
