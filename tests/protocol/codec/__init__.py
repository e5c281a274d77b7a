"""Tests of the two codecs."""
