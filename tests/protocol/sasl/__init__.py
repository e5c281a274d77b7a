"""Tests of the SASL mechanisms."""
