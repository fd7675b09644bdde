"""What the notebooks share and no lesson teaches: figures, data and the exercises' checkers."""
