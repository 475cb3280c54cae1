"""Service energy-analyzer: judges readings, by the original rule or by named detectors."""
