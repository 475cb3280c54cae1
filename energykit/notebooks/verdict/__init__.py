"""Verdicts, and the evidence that they rest on: outputs, records, figures, logs."""
