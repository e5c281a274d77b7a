"""Tests of the directory in the box."""
