#!/usr/bin/env python3
"""The command line: `python3 manage.py help` lists the commands."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python is told so before it meets newer syntax
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"manage.py: Python 3.11 or newer is needed and this is {found}:"
            " install it, then run  python3.11 manage.py setup"
        )
    from config import bootstrap

    sys.exit(bootstrap.main(sys.argv))
