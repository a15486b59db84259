"""Started by scripts/fltfuzz as a folder; makes the package importable by its name."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from fltfuzz_cli.cli import main  # noqa: E402  (the path must be set first)

sys.exit(main(sys.argv[1:]))
