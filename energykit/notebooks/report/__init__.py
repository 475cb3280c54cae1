"""Verdicts for people and build servers: HTML, JUnit XML, coverage."""
