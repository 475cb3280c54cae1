"""Generated protobuf and gRPC code: made from protos/ by ``energykit proto``, never edited by hand."""
