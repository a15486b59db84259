"""What `fltfuzz` does once python3 is there. Only the standard library."""
