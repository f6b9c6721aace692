"""The messages of the Open Inference Protocol over gRPC, and their service.

`open_inference_pb2` is generated from `open_inference.proto` by `make proto`; Debian's protoc
3.21 writes code that every newer runtime of protobuf loads.
"""
