"""Service energy-generator: makes up readings, or imports a meter's own."""
