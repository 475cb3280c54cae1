"""The services of the energy pipeline: each a pure stage module and a thin gRPC shell."""
