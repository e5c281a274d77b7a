"""Tests of the object mapper."""
