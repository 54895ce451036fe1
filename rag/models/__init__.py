"""Models: encoder, reader and judge over ONNX, servers, chat models."""
