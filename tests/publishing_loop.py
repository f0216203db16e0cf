"""A child process for crash tests: publishes records and says of each when it is acknowledged.

Usage: publishing_loop.py FOLDER FIRST-NUMBER
Each acknowledged reference and digest is one line on standard output, written before the next begins.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from drafts import draft

from umr_ld.registry import Registry


def main() -> None:
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    with Registry.open(folder, write=True) as registry:
        while True:
            document = draft(
                f"lab/n{number:05}-x@1.0.0", "fineTunedFrom lab/root inherit", title=f"Number {number}"
            )
            (done,) = registry.publish([document], agent="loop")
            os.write(1, f"{done.ref} {done.digest}\n".encode())
            number += 1


if __name__ == "__main__":
    main()
