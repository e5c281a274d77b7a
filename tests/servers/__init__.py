"""Real directory servers, started by the tests from temporary directories."""
