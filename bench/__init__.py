"""What is measured, and beside what. `python -m bench` runs all of it."""
