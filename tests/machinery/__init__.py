"""What checks the notebooks: no tests in here; those are the modules around it."""
