"""Service report-generator: turns an analysis into tables for people."""
