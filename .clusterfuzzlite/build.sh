#!/bin/bash -eu
# Started in the container that Dockerfile describes, in its WORKDIR. How to build is said in one place:
# CMakeLists.txt.
cd scripts
exec python3 -B -m fltfuzz_cli.oss_fuzz
